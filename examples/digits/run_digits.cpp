// Runs a saved LeNet on the held-out digits and prints its accuracy and a few digits with their predictions.
// Needs LibTorch and cxxopts; nothing of scriptc.

#include <ATen/Parallel.h>
#include <torch/script.h>

#include <algorithm>
#include <cxxopts.hpp>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::int64_t kSide = 8;
constexpr float kBrightest = 16;

struct Digits {
  torch::Tensor images;  // float32[N,1,8,8], 0..1
  torch::Tensor labels;  // int64[N]
};

/// Reads lines of a label and 64 pixels of 0..16, separated by commas.
Digits read_digits(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("'" + path + "': cannot be opened");
  std::vector<float> pixels;
  std::vector<std::int64_t> labels;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string field;
    if (!std::getline(fields, field, ',')) continue;
    labels.push_back(std::stoll(field));
    while (std::getline(fields, field, ',')) pixels.push_back(std::stof(field) / kBrightest);
    if (pixels.size() != labels.size() * kSide * kSide)
      throw std::runtime_error("'" + path + "':" + std::to_string(labels.size()) + ": expected a label and 64 pixels");
  }
  const auto count = static_cast<std::int64_t>(labels.size());
  return {torch::tensor(pixels).reshape({count, 1, kSide, kSide}), torch::tensor(labels)};
}

void print_digit(const torch::Tensor& image, std::int64_t label, std::int64_t predicted) {
  static constexpr char kShades[] = " .:-=+*#%@";
  const auto pixels = image.accessor<float, 2>();
  for (std::int64_t y = 0; y < kSide; ++y) {
    for (std::int64_t x = 0; x < kSide; ++x) {
      const char shade = kShades[static_cast<int>(pixels[y][x] * 9)];
      std::cout << shade << shade;
    }
    if (y == kSide / 2)
      std::cout << "   predicted " << predicted << (predicted == label ? "" : ", is " + std::to_string(label));
    std::cout << '\n';
  }
}

/// One prediction per image, a digit each.
torch::Tensor predict(const std::string& model_path, const torch::Tensor& images) {
  torch::NoGradGuard no_grad;
  torch::jit::Module model = torch::jit::load(model_path);
  return model.forward({images}).toTensor().argmax(1);
}

int run(const cxxopts::ParseResult& options) {
  const Digits digits = read_digits(options["digits"].as<std::string>());
  const torch::Tensor predicted = predict(options["model"].as<std::string>(), digits.images);
  const auto total = digits.labels.size(0);

  if (options.count("predictions") != 0) {
    for (std::int64_t i = 0; i < total; ++i) std::cout << predicted[i].item<std::int64_t>() << '\n';
    return 0;
  }
  const std::int64_t show = std::min<std::int64_t>(options["show"].as<int>(), total);
  for (std::int64_t i = 0; i < show; ++i)
    print_digit(digits.images[i][0], digits.labels[i].item<std::int64_t>(), predicted[i].item<std::int64_t>());
  const auto right = predicted.eq(digits.labels).sum().item<std::int64_t>();
  std::cout << "accuracy: " << right << " of " << total << " = "
            << 100.0 * static_cast<double>(right) / static_cast<double>(total) << " %\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  cxxopts::Options options("run_digits", "Runs a saved LeNet on handwritten digits.");
  options.add_options()("model", "the TorchScript file", cxxopts::value<std::string>())(
      "digits", "a .csv of labels and pixels", cxxopts::value<std::string>())(
      "show", "print this many digits", cxxopts::value<int>()->default_value("3"))(
      "predictions", "print every prediction, one a line, and nothing else")("h,help", "print this help");
  options.parse_positional({"model", "digits"});
  options.positional_help("MODEL DIGITS");
  try {
    const auto parsed = options.parse(argc, argv);
    if (parsed.count("help") != 0 || parsed.count("model") == 0 || parsed.count("digits") == 0) {
      std::cout << options.help();
      return parsed.count("help") != 0 ? 0 : 2;
    }
    at::set_num_threads(1);
    return run(parsed);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
