#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// A program around a fuzz target, for compilers without libFuzzer: NAME --runs N --seed S CORPUS…
// It cuts pieces out of the files of the corpus and mutates them. The input at hand is written to crash-SEED before it
// runs, every time in place, so a crash leaves it behind.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kLongest = 2048;

/// Texts that matter to a parser of Python, more likely to reach something new than single bytes.
constexpr std::string_view kWords[] = {
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ";",
    "=",
    ":=",
    "==",
    "->",
    "**",
    "*",
    "/",
    "//",
    "@",
    "...",
    ".",
    "\\",
    "\\\n",
    "\n",
    "\n    ",
    "\n\t",
    "\r\n",
    "\f",
    "#",
    "'",
    "\"",
    "'''",
    "\"\"\"",
    "f'",
    "f'{",
    "}'",
    "rb'",
    "{x!r:>{w}}",
    "{{",
    "}}",
    "=}",
    "\\N{",
    "\\x",
    "\\ud800",
    "0x",
    "1_0",
    "1e",
    "1j",
    "if ",
    "else",
    "elif ",
    "for ",
    " in ",
    "while ",
    "def f(",
    "class A",
    "lambda ",
    "return ",
    "yield ",
    "yield from ",
    "await ",
    "async ",
    "with ",
    " as ",
    "try:",
    "except ",
    "except* ",
    "finally:",
    "match ",
    "case ",
    "_",
    "import ",
    "from ",
    "global x",
    "nonlocal x",
    "del ",
    "assert ",
    "raise ",
    "not ",
    " is ",
    " and ",
    " or ",
    "None",
    "True",
    "print ",
    "\xC3\xA9",
    "\xE2\x80\x9C",
    "\xFF",
    "\xEF\xBB\xBF",
    "# coding: latin-1\n",
    "((((((((((",
    "[[[[[[[[[[",
    "----------",
    "not not not not ",
};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  std::string make(const std::vector<std::string>& corpus) {
    std::string text = piece(corpus);
    for (std::size_t n = 1 + below(6); n > 0; --n) mutate(text, corpus);
    if (text.size() > kLongest) text.resize(kLongest);
    return text;
  }

 private:
  /// Whole lines as often as not, for a piece that parses gets further.
  std::string piece(const std::vector<std::string>& corpus) {
    const std::string& file = corpus[below(corpus.size())];
    std::size_t begin = below(file.size());
    if (below(4) != 0) begin = file.rfind('\n', begin) == std::string::npos ? 0 : file.rfind('\n', begin) + 1;
    std::size_t end = std::min(file.size(), begin + below(below(3) == 0 ? kLongest : 200));
    if (below(2) == 0) end = std::min(file.find('\n', end), file.size());
    return file.substr(begin, std::min(end - begin, kLongest));
  }

  void mutate(std::string& text, const std::vector<std::string>& corpus) {
    const std::size_t at = below(text.size() + 1);
    switch (below(7)) {
      case 0:
        text.erase(at, 1 + below(8));
        break;
      case 1:
        text.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 2:
        text.insert(at, kWords[below(std::size(kWords))]);
        break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 4:
        text.insert(at, text.substr(below(text.size() + 1), below(64)));
        break;
      case 5:
        text.insert(at, piece(corpus));
        break;
      default:
        repeat(text, at);
        break;
    }
  }

  void repeat(std::string& text, std::size_t at) {
    const std::string_view word = kWords[below(std::size(kWords))];
    std::string many;
    for (std::size_t n = below(300); n > 0; --n) many += word;
    text.insert(at, many);
  }

  std::mt19937_64 random_;
};

std::vector<std::string> read_corpus(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  const auto read = [&](const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  };
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      read(path);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
      if (entry.is_regular_file() && entry.path().extension() == ".py") read(entry.path());
  }
  return files;
}

void remember(std::FILE* file, const std::string& text) {
  std::rewind(file);
  const std::uint64_t size = text.size();
  std::fwrite(&size, sizeof size, 1, file);
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t runs = 100'000;
  std::uint64_t seed = 1;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--runs" && i + 1 < argc)
      runs = std::strtoull(argv[++i], nullptr, 10);
    else if (option == "--seed" && i + 1 < argc)
      seed = std::strtoull(argv[++i], nullptr, 10);
    else
      paths.emplace_back(option);
  }
  const std::vector<std::string> corpus = read_corpus(paths);
  if (corpus.empty()) {
    std::fprintf(stderr, "error: no corpus given; usage: %s --runs N --seed S FILE_OR_FOLDER...\n", argv[0]);
    return 2;
  }
  const std::string crash = "crash-" + std::to_string(seed);
  std::FILE* last = std::fopen(crash.c_str(), "wb");
  if (last == nullptr) return 5;
  Mutator mutator(seed);
  const auto start = std::chrono::steady_clock::now();
  double slowest = 0;
  for (std::uint64_t i = 0; i < runs; ++i) {
    const std::string text = mutator.make(corpus);
    remember(last, text);
    const auto before = std::chrono::steady_clock::now();
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    slowest = std::max(slowest, std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count());
  }
  std::fclose(last);
  std::filesystem::remove(crash);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%llu runs, %.0f a second, slowest %.1f ms\n", static_cast<unsigned long long>(runs),
              static_cast<double>(runs) / seconds, slowest * 1e3);
  return 0;
}
