#include <memory>

#include "scriptc/model/text.h"
#include "weights/formats.h"
#include "weights/tensor_builder.h"
#include "weights/zip_reader.h"

/// torch.save's zip format, and TorchScript archives. Below the one root folder:
///
///     data.pkl      the saved value; storages are persistent ids (see StorageId)
///     data/KEY      the bytes of storage KEY
///     version       `3\n`
///     byteorder     `little` or `big` (since 2.1; else as the writer's machine)
///     code/...      TorchScript: source; never looked at
///     constants.pkl TorchScript: constants of the code; checked, then left alone
namespace scriptc::weights {
namespace {

class ZipStorages final : public StorageProvider {
 public:
  ZipStorages(ZipReader& zip, const Origin& origin) : zip_(zip), origin_(origin) {}

  Record storage(const StorageId& id, const std::string& where) override {
    const ZipEntry* entry = zip_.find("data/" + std::string(id.key));
    if (entry == nullptr)
      throw origin_.bad(where, "its record " + quote("data/" + std::string(id.key)) + " is missing", "T03");
    if (entry->size != id.bytes())
      throw origin_.bad(record_name(entry->name),
                        "has a wrong size " + got_expected(std::to_string(entry->size), std::to_string(id.bytes())),
                        entry->size < id.bytes() ? "T01" : "T02");
    return zip_.read(*entry, "Z18");
  }

 private:
  ZipReader& zip_;
  const Origin& origin_;
};

/// A record of a few characters. One that claims to be longer is not inflated.
std::string read_short(ZipReader& zip, const ZipEntry& entry, const Origin& origin, std::string_view rule) {
  constexpr std::uint64_t kMost = 64;
  if (entry.size > kMost)
    throw origin.bad(record_name(entry.name),
                     "is too long " + got_limit(std::to_string(entry.size), std::to_string(kMost)), rule);
  const Record record = zip.read(entry, "Z19");
  return std::string(as_text(record.bytes()));
}

void check_version(ZipReader& zip, const Origin& origin) {
  const ZipEntry* entry = zip.find("version");
  if (entry == nullptr) entry = zip.find(".data/version");
  if (entry == nullptr)
    throw origin.bad("record 'version'", "is missing: not an archive of torch.save or TorchScript", "Z33");
  const std::string where = record_name(entry->name);
  std::string digits = read_short(zip, *entry, origin, "Z33");
  while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r')) digits.pop_back();
  int version = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9' || digits.size() > 2)
      throw origin.bad(where, "is no version number: " + quote(digits), "Z33");
    version = version * 10 + (c - '0');
  }
  if (version < 1 || version > 10)
    throw origin.bad(where, "unknown version " + got_expected(std::to_string(version), "1 to 10"), "Z33");
}

void check_byteorder(ZipReader& zip, const Origin& origin) {
  const ZipEntry* entry = zip.find("byteorder");
  if (entry == nullptr) return;
  const std::string order = read_short(zip, *entry, origin, "Z34");
  if (order == "big")
    throw origin.bad(record_name(entry->name), "the file is big-endian, which is not supported", "Z34");
  if (order != "little") throw origin.bad(record_name(entry->name), "unknown byte order " + quote(order), "Z34");
}

struct PickleRecord {
  Record record;
  Pickle pickle;
};

PickleRecord read_record(ZipReader& zip, const ZipEntry& entry, const ReadJob& job) {
  if (entry.size > job.options.caps.pickle_bytes)
    throw job.origin.over(
        record_name(entry.name),
        "is too large " + got_limit(std::to_string(entry.size), std::to_string(job.options.caps.pickle_bytes)),
        "--max-pickle-bytes", "P31");
  PickleRecord result;
  result.record = zip.read(entry, "Z19");
  PickleSource source;
  source.bytes = result.record.bytes();
  source.where = record_name(entry.name);
  result.pickle = read_pickle(source, job.origin, job.options.caps);
  return result;
}

}  // namespace

void read_torch_zip(const ReadJob& job) {
  ZipReader zip(job.source, job.origin, job.options.caps);
  check_version(zip, job.origin);
  check_byteorder(zip, job.origin);
  const ZipEntry* entry = zip.find("data.pkl");
  if (entry == nullptr)
    throw job.origin.bad("record 'data.pkl'", "is missing: not an archive of torch.save or TorchScript", "T03");
  const ZipEntry* constants = zip.find("constants.pkl");
  if (constants != nullptr) read_record(zip, *constants, job);
  const PickleRecord data = read_record(zip, *entry, job);
  job.result.format = constants != nullptr ? "torchscript" : "torch zip";
  ZipStorages storages(zip, job.origin);
  fill_checkpoint(job, data.pickle, constants != nullptr, &storages);
  // Numpy arrays lie in the pickle: in its record or, where decoded, its arena.
  const auto owner = std::make_shared<PickleRecord>(data);
  for (auto& [name, view] : job.result.tensors)
    if (view.owner == nullptr) view.owner = owner;
}

}  // namespace scriptc::weights
