#include "scriptc/python/arguments.h"

#include <algorithm>

#include "scriptc/model/text.h"

namespace scriptc::python {

PyClassPtr class_argument(Interpreter& in, const CallArgs& args, const PyClassPtr& base) {
  auto cls = args.at(0).try_as<PyClass>();
  if (!cls)
    in.raise("TypeError", base->name + ".__new__(X): X is not a type object (" + in.type_of(args[0])->name + ")");
  if (!cls->is_subclass_of(*base))
    in.raise("TypeError",
             base->name + ".__new__(" + cls->name + "): " + cls->name + " is not a subtype of " + base->name);
  return cls;
}

NativeArguments::NativeArguments(Interpreter& in, const char* function, const Args& args, const Kwargs& kwargs,
                                 std::initializer_list<const char*> names, std::size_t required)
    : in_(in), values_(names.size()) {
  const std::string shown = std::string(function) + "()";
  if (args.size() > names.size())
    in.raise("TypeError", shown + " takes at most " + std::to_string(names.size()) + " argument" +
                              (names.size() == 1 ? "" : "s") + " (" + std::to_string(args.size() + kwargs.size()) +
                              " given)");
  std::copy(args.begin(), args.end(), values_.begin());
  for (const auto& [key, value] : kwargs) {
    const auto at = std::find_if(names.begin(), names.end(), [&k = key](const char* name) { return k == name; });
    if (at == names.end())
      in.raise("TypeError", shown + " got an unexpected keyword argument " + quote(key),
               did_you_mean(key, std::vector<std::string>(names.begin(), names.end())));
    auto& slot = values_[static_cast<std::size_t>(at - names.begin())];
    if (slot) in.raise("TypeError", shown + " got multiple values for argument " + quote(key));
    slot = value;
  }
  for (std::size_t i = 0; i < required; ++i)
    if (!values_[i])
      in.raise("TypeError", shown + " missing required argument " + quote(names.begin()[i]) + " (pos " +
                                std::to_string(i + 1) + ")");
}

}  // namespace scriptc::python
