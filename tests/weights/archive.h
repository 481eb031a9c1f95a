#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "weights/zip_format.h"

namespace scriptc::weights::test {

/// One entry before it is written; tests set what a damaged or hostile file would have.
struct RawEntry {
  zip::LocalHeader local{};
  zip::DirectoryRecord directory{};
  std::string local_name, directory_name, local_extra, directory_extra, data, descriptor;
  bool listed = true;  ///< in the directory
};

struct RawEnd {
  zip::EndRecord end{};
  std::string before;  ///< between directory and end record
  std::string comment;
};

/// Builds zip archives of which any field can be made wrong.
class Archive {
 public:
  using Change = std::function<void(RawEntry&)>;

  Archive& with_entry(const std::string& name, const std::string& content, const Change& change = {});
  Archive& with_deflated(const std::string& name, const std::string& content, const Change& change = {});
  /// Changes the entry of that name.
  Archive& change(const std::string& name, const Change& change);
  Archive& change_end(const std::function<void(RawEnd&)>& change);
  /// zip64 end record and locator, which `change` may damage.
  Archive& with_zip64(const std::function<void(zip::End64Record&, zip::Locator64&)>& change = {});
  std::string bytes() const;

 private:
  std::vector<RawEntry> entries_;
  std::function<void(RawEnd&)> change_end_;
  std::function<void(zip::End64Record&, zip::Locator64&)> change64_;
  bool zip64_ = false;
};

}  // namespace scriptc::weights::test
