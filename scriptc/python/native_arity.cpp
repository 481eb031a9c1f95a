#include <string_view>
#include <unordered_map>

#include "scriptc/python/arguments.h"

namespace scriptc::python {
namespace {

struct Arity {
  std::string_view names;  ///< qualified, separated by blanks
  std::size_t least, most;
};

/// Functions and methods (self not counted) that take positional arguments alone.
constexpr Arity kArities[] = {
    {"list.clear list.copy list.reverse dict.clear dict.copy dict.keys dict.values dict.items set.clear set.copy "
     "frozenset.copy set.pop str.capitalize str.casefold str.lower str.upper str.swapcase str.title str.isascii "
     "str.islower str.isupper str.istitle str.isspace str.isdecimal str.isdigit str.isnumeric str.isalpha str.isalnum "
     "str.isidentifier str.isprintable builtins.globals builtins.locals",
     0, 0},
    {"list.append list.extend list.remove list.count tuple.count set.add set.discard set.remove set.isdisjoint "
     "set.issubset set.issuperset frozenset.isdisjoint frozenset.issubset frozenset.issuperset "
     "set.symmetric_difference str.join str.partition str.rpartition str.removeprefix str.removesuffix str.translate "
     "str.zfill builtins.abs builtins.all builtins.any builtins.ascii builtins.bin builtins.callable builtins.chr "
     "builtins.hash builtins.hex builtins.id builtins.len builtins.oct builtins.ord builtins.repr math.acos "
     "math.acosh math.asin math.asinh math.atan math.atanh math.cbrt math.ceil math.cos math.cosh math.degrees "
     "math.erf math.erfc math.exp math.exp2 math.expm1 math.fabs math.factorial math.floor math.frexp math.fsum "
     "math.gamma math.isfinite math.isinf math.isnan math.isqrt math.lgamma math.log10 math.log1p math.log2 "
     "math.modf math.radians math.sin math.sinh math.sqrt math.tan math.tanh math.trunc math.ulp",
     1, 1},
    {"list.insert builtins.delattr builtins.divmod builtins.hasattr builtins.isinstance builtins.issubclass math.atan2 "
     "math.comb math.copysign math.dist math.fmod math.ldexp math.nextafter math.pow math.remainder",
     2, 2},
    {"builtins.setattr", 3, 3},
    {"list.pop str.strip str.lstrip str.rstrip", 0, 1},
    {"dict.get dict.setdefault str.center str.ljust str.rjust builtins.format builtins.iter builtins.next "
     "math.log math.perm",
     1, 2},
    {"list.index tuple.index str.find str.rfind str.index str.rindex str.count str.startswith str.endswith", 1, 3},
    {"builtins.getattr", 2, 3},
};

const Arity* arity_of(const std::string& qualified) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const Arity*> map;
    for (const Arity& arity : kArities)
      for (std::string_view rest = arity.names; !rest.empty();) {
        const std::size_t blank = std::min(rest.find(' '), rest.size());
        map.emplace(rest.substr(0, blank), &arity);
        rest.remove_prefix(std::min(blank + 1, rest.size()));
      }
    return map;
  }();
  const auto found = by_name.find(qualified);
  return found == by_name.end() ? nullptr : found->second;
}

std::string counted(std::size_t count) { return std::to_string(count) + " argument" + (count == 1 ? "" : "s"); }

}  // namespace

void check_argument_count(Interpreter& in, const NativeFunction& fn, const Args& args, const Kwargs& kwargs) {
  const Arity* arity = arity_of(fn.qualified_name);
  if (arity == nullptr || (fn.is_method && args.empty())) return;
  const std::size_t given = args.size() - (fn.is_method ? 1 : 0);
  constexpr std::string_view kBuiltins = "builtins.";
  const std::string shown =
      fn.qualified_name.starts_with(kBuiltins) ? fn.qualified_name.substr(kBuiltins.size()) : fn.qualified_name;
  if (!kwargs.empty()) in.raise("TypeError", shown + "() takes no keyword arguments");
  if (given >= arity->least && given <= arity->most) return;
  if (arity->most == 0) in.raise("TypeError", shown + "() takes no arguments (" + std::to_string(given) + " given)");
  if (arity->least == 1 && arity->most == 1)
    in.raise("TypeError", shown + "() takes exactly one argument (" + std::to_string(given) + " given)");
  const bool few = given < arity->least;
  const std::string bound = arity->least == arity->most ? "" : few ? "at least " : "at most ";
  in.raise("TypeError", fn.name + " expected " + bound + counted(few ? arity->least : arity->most) + ", got " +
                            std::to_string(given));
}

}  // namespace scriptc::python
