#include "scriptc/version.h"

namespace scriptc {

std::string_view version() { return SCRIPTC_VERSION; }

}  // namespace scriptc
