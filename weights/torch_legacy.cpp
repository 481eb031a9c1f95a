#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "scriptc/model/text.h"
#include "weights/formats.h"
#include "weights/tensor_builder.h"

/// torch.save before 1.6, and pickles without storages.
///
/// The legacy format is a row of pickles and then raw storages:
///
///     magic number 0x1950a86a20f9469cfc6c
///     protocol version 1001
///     {'protocol_version', 'little_endian', 'type_sizes'}
///     the saved value; storages are persistent ids, six-tuples whose last item may describe a view
///     [key, ...]
///     for each key: int64 number of elements, then the elements
namespace scriptc::weights {
namespace {

class LegacyReader final : public StorageProvider {
 public:
  explicit LegacyReader(const ReadJob& job) : job_(job), cursor_(job.source->bytes()) {}

  /// The saved value; then the storages are known.
  Pickle read() {
    next_pickle();  // the magic number was compared when the format was detected
    if (!has_legacy_magic(as_text(job_.source->bytes())))
      throw bad(0, "the magic number of the legacy format is wrong", "N01");
    const Pickle protocol = next_pickle();
    if (!protocol.root.is(Kind::integer) || protocol.root.as_integer() != 1001)
      throw bad(0, "unknown version of the legacy format", "N01");
    const Pickle machine = next_pickle();
    const Value* order = machine.root.is(Kind::dict) ? machine.root.as_dict().find("little_endian") : nullptr;
    if (order == nullptr || !order->is(Kind::boolean))
      throw bad(0, "the description of the writer's machine is malformed", "N01");
    if (!order->as_boolean()) throw bad(0, "the file is big-endian, which is not supported", "Z34");
    const Pickle value = next_pickle();
    const std::size_t keys_at = cursor_.position();
    const Pickle keys = next_pickle();
    locate(value, keys, keys_at);
    return value;
  }

  Record storage(const StorageId& id, const std::string& where) override {
    const auto found = storages_.find(id.key);
    if (found == storages_.end()) throw job_.origin.bad(where, "its storage " + quote(id.key) + " is missing", "N02");
    return {found->second, job_.source};
  }

 private:
  Error bad(std::size_t offset, std::string_view what, std::string_view rule) const {
    return job_.origin.bad("offset " + std::to_string(offset), what, rule);
  }

  Pickle next_pickle() {
    PickleSource source;
    source.bytes = job_.source->bytes().subspan(cursor_.position());
    source.offset = cursor_.position();
    source.alone = false;
    source.classes = true;
    Pickle pickle = read_pickle(source, job_.origin, job_.options.caps);
    if (pickle.size > job_.options.caps.pickle_bytes)
      throw job_.origin.over("",
                             "the pickle is too large " +
                                 got_limit(std::to_string(pickle.size), std::to_string(job_.options.caps.pickle_bytes)),
                             "--max-pickle-bytes", "P31");
    cursor_.take(pickle.size);
    return pickle;
  }

  void locate(const Pickle& value, const Pickle& keys, std::size_t keys_at) {
    std::map<std::string_view, StorageId> declared;
    for (const Value& persistent : value.persistent) {
      const StorageId id = parse_storage_id(persistent, job_.origin, "");
      const auto [known, is_new] = declared.emplace(id.key, id);
      if (!is_new && (known->second.type != id.type || known->second.numel != id.numel))
        throw job_.origin.bad("storage " + quote(id.key), "is used as two kinds", "T15");
    }
    if (!keys.root.is(Kind::list)) throw bad(keys_at, "the list of storages is no list", "N02");
    const auto& names = keys.root.as_sequence().items;
    if (names.size() != declared.size())
      throw bad(
          keys_at,
          "wrong number of storages " + got_expected(std::to_string(names.size()), std::to_string(declared.size())),
          "N02");
    for (const Value& name : names) {
      const auto found = name.is(Kind::string) ? declared.find(name.as_text()) : declared.end();
      if (found == declared.end()) throw bad(keys_at, "the list of storages has a key that no tensor uses", "N02");
      read_storage(found->second);
    }
    if (cursor_.left() != 0)
      throw bad(cursor_.position(), std::to_string(cursor_.left()) + " bytes follow the last storage", "N02");
  }

  void read_storage(const StorageId& id) {
    const std::size_t start = cursor_.position();
    const auto numel = cursor_.number<std::uint64_t>();
    if (!numel) throw bad(start, "the file ends before storage " + quote(id.key), "N02");
    if (*numel != id.numel)
      throw bad(start,
                "storage " + quote(id.key) + " has a wrong number of elements " +
                    got_expected(std::to_string(*numel), std::to_string(id.numel)),
                "N02");
    const std::size_t left = cursor_.left();
    const auto bytes = cursor_.take(id.bytes());
    if (!bytes)
      throw bad(start,
                "the file ends within storage " + quote(id.key) + " " +
                    got_expected(std::to_string(left), std::to_string(id.bytes())),
                "N02");
    if (!storages_.emplace(std::string(id.key), *bytes).second)
      throw bad(start, "storage " + quote(id.key) + " is there twice", "N02");
  }

  const ReadJob& job_;
  Cursor cursor_;
  std::map<std::string, Bytes, std::less<>> storages_;
};

/// Keeps the map and the strings that were decoded.
struct PickleOwner {
  ByteSourcePtr source;
  std::shared_ptr<PickleArena> arena;
};

void own_arrays(const ReadJob& job, const Pickle& pickle) {
  const auto owner = std::make_shared<PickleOwner>(PickleOwner{job.source, pickle.arena});
  for (auto& [name, view] : job.result.tensors)
    if (view.owner == nullptr) view.owner = owner;
}

}  // namespace

void read_legacy(const ReadJob& job) {
  LegacyReader reader(job);
  const Pickle value = reader.read();
  job.result.format = "torch legacy";
  fill_checkpoint(job, value, false, &reader);
  own_arrays(job, value);
}

void read_plain_pickle(const ReadJob& job) {
  PickleSource source;
  source.bytes = job.source->bytes();
  if (source.bytes.size() > job.options.caps.pickle_bytes)
    throw job.origin.over("",
                          "the pickle is too large " + got_limit(std::to_string(source.bytes.size()),
                                                                 std::to_string(job.options.caps.pickle_bytes)),
                          "--max-pickle-bytes", "P31");
  const Pickle value = read_pickle(source, job.origin, job.options.caps);
  job.result.format = "pickle";
  fill_checkpoint(job, value, false, nullptr);
  own_arrays(job, value);
}

}  // namespace scriptc::weights
