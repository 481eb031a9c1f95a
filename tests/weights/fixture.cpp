#include "fixture.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace scriptc::weights::test {
namespace {

constexpr const char* kGoldens = SCRIPTC_TEST_DATA "/goldens";

double number_at(DType dtype, const std::byte* data) {
  const auto as = [&]<class T>(T value) {
    std::memcpy(&value, data, sizeof value);
    return static_cast<double>(value);
  };
  switch (dtype) {
    case DType::float32:
      return as(float{});
    case DType::float64:
      return as(double{});
    case DType::int64:
      return as(std::int64_t{});
    case DType::int32:
      return as(std::int32_t{});
    case DType::uint8:
      return as(std::uint8_t{});
    default:
      throw std::logic_error("dtype of no test");
  }
}

}  // namespace

Checkpoint CheckpointTest::Read(const std::string& bytes) {
  options.messages = this;
  std::vector<std::byte> copy(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
  return read_checkpoint(memory_source(std::move(copy)), "f", options);
}

std::string CheckpointTest::Refusal(const std::string& bytes) {
  try {
    Read(bytes);
  } catch (const Error& error) {
    return std::to_string(exit_code(error.kind())) + " " + error.message();
  }
  return "accepted";
}

Archive CheckpointTest::Saved(const std::string& pickle) {
  Archive archive;
  archive.with_entry("a/data.pkl", pickle).with_entry("a/data/0", floats({1, 2, 3, 4})).with_entry("a/version", "3\n");
  return archive;
}

Archive CheckpointTest::Good() { return Saved(pickle(dict({{"w", GoodTensor()}}))); }

std::string CheckpointTest::Golden(const std::string& name) {
  std::ifstream file(std::string(kGoldens) + "/" + name, std::ios::binary);
  if (!file) throw std::runtime_error("no golden " + name);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::vector<std::string> CheckpointTest::Goldens() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldens))
    if (entry.path().extension() != ".py") names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::string CheckpointTest::Names(const Checkpoint& checkpoint) {
  std::string out;
  for (const auto& [name, view] : checkpoint.tensors) {
    out += (out.empty() ? "" : " ") + name + "[";
    for (std::size_t i = 0; i < view.shape.size(); ++i) out += (i == 0 ? "" : ",") + std::to_string(view.shape[i]);
    out += "]";
  }
  return out;
}

std::vector<double> CheckpointTest::Values(const TensorView& view) {
  std::vector<double> out;
  std::vector<std::int64_t> index(view.shape.size());
  if (std::find(view.shape.begin(), view.shape.end(), 0) != view.shape.end()) return out;
  while (true) {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < index.size(); ++i) at += index[i] * view.strides[i];
    out.push_back(number_at(view.dtype, view.data + at * dtype_info(view.dtype).size));
    std::size_t i = index.size();
    while (i > 0 && ++index[i - 1] == view.shape[i - 1]) index[--i] = 0;
    if (i == 0) return out;
  }
}

std::string floats(std::initializer_list<float> values) {
  std::string out;
  for (const float value : values) out += little_endian(value);
  return out;
}

std::string write_file(const std::string& name, const std::string& bytes) {
  std::string path = ::testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

}  // namespace scriptc::weights::test
