#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weights/bytes.h"
#include "weights/checkpoint.h"
#include "weights/origin.h"
#include "weights/pickle_value.h"

namespace scriptc::weights {

class PickleArena;

/// The value of one pickle. Strings and bytes may point into the bytes that were read: those must outlive it.
struct Pickle {
  Value root;
  std::vector<Value> persistent;     ///< every persistent id, in the order of the pickle
  std::size_t size = 0;              ///< bytes up to and with STOP
  std::vector<std::string> imports;  ///< names that Python's reader would import: `collections.OrderedDict`
  std::shared_ptr<PickleArena> arena;
};

struct PickleSource {
  Bytes bytes;
  std::string where;       ///< how refusals name it: `record 'a/data.pkl'`; empty: the file
  std::size_t offset = 0;  ///< of bytes[0], added to the offsets that refusals name
  bool alone = true;       ///< bytes after STOP are refused (P18)
  bool classes = false;    ///< persistent ids may be classes, as the legacy format saves them with their source
};

/// Unpickles data of protocols 0 to 5. Calls nothing and looks up nothing: apart from a few containers (OrderedDict,
/// set, torch.Size...) whatever the pickle would import or call is an `object` that only says so.
/// The result has no cycle through containers and is nested no deeper than `caps.depth`.
/// Errors: bad_input and cap, rules P01 to P33.
Pickle read_pickle(const PickleSource& source, const Origin& origin, const Caps& caps);

}  // namespace scriptc::weights
