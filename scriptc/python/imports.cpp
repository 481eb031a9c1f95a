#include "scriptc/python/imports.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "scriptc/model/text.h"
#include "scriptc/nn/embedded.h"

namespace scriptc::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = 16'000'000;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::string read_source(const fs::path& path) {
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  if (!problem && size > kLargestFile)
    throw Error(ErrorKind::cap, quote(path.string()) + " has " + std::to_string(size) +
                                    " bytes, more than a Python file may have (" + std::to_string(kLargestFile) + ")");
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file || !(text << file.rdbuf()))
    if (!file || file.bad() || size != 0) throw Error(ErrorKind::io, quote(path.string()) + " cannot be read");
  return text.str();
}

std::string last_part(const std::string& dotted) { return dotted.substr(dotted.rfind('.') + 1); }

std::string parent_of(const std::string& dotted) {
  const std::size_t dot = dotted.rfind('.');
  return dot == std::string::npos ? "" : dotted.substr(0, dot);
}

/// The file that `name` means in a folder; nullopt if neither module nor package is there. A folder without
/// `__init__.py` is a package as well.
struct Found {
  fs::path file;  ///< empty for a folder without `__init__.py`
  fs::path folder;
  bool is_package = false;
};

std::optional<Found> look_in(const fs::path& folder, const std::string& name) {
  const fs::path package = folder / name;
  if (is_file(package / "__init__.py")) return Found{package / "__init__.py", package, true};
  const fs::path module = folder / (name + ".py");
  if (is_file(module)) return Found{module, folder, false};
  if (is_folder(package)) return Found{{}, package, true};
  return std::nullopt;
}

/// Runs a module of which a value is needed. One that cannot be imported here (part of it is compiled, or was not
/// found) counts as not found itself: its names are opaque, and only who needs one of them learns of it.
void run_for_a_value(Interpreter& in, PyModule& module) {
  Frame* const innermost = in.frame;
  try {
    in.ensure_run(module);
  } catch (const Raised& raised) {
    if (!in.matches(raised.exception, in.exception_class("ImportError"))) throw;
    in.frame = innermost;
    std::string why = "importing it failed: " + in.str(raised.exception);
    if (!raised.trace.empty() && raised.trace.front().source) {
      const TraceLine& line = raised.trace.front();
      why += "; " + line.source->name() + ":" + std::to_string(line.source->shown_line(line.span.line));
    }
    for (const std::string& name : module.globals.names())
      if (!name.starts_with("__") || name == "__getattr__") module.globals.erase(name);
    module.missing = [&in, &module, why](const std::string& name) {
      return in.make_opaque(module.name + "." + name, why);
    };
  }
}

}  // namespace

std::string dotted_name_of(const std::string& path) {
  const fs::path file(path);
  std::string name = file.stem() == "__init__" ? file.parent_path().filename().string() : file.stem().string();
  fs::path folder = file.stem() == "__init__" ? file.parent_path().parent_path() : file.parent_path();
  while (is_file(folder / "__init__.py") && folder.has_filename()) {
    name = folder.filename().string() + "." + name;
    folder = folder.parent_path();
  }
  return name;
}

void install_embedded_files(Interpreter& in) {
  for (const nn::EmbeddedFile& file : nn::embedded_files()) {
    in.native_modules.emplace(std::string(file.module), [&in, &file](PyModule& module) {
      module.source = std::make_shared<const Source>(std::string(file.file_name), std::string(file.text));
      module.is_package = file.is_package;
      module.is_embedded = true;
      module.pending = [&in, &module] {
        in.run(std::static_pointer_cast<PyModule>(module.shared_from_this()), module.source);
      };
    });
  }
}

void Interpreter::ensure_run(PyModule& module) {
  if (!module.pending) return;
  const auto body = std::move(module.pending);
  module.pending = nullptr;
  try {
    body();
  } catch (...) {
    made_modules.push_back(std::static_pointer_cast<PyModule>(module.shared_from_this()));
    modules.erase(module.name);
    throw;
  }
}

std::shared_ptr<PyModule> Interpreter::add_file_module(const std::string& dotted, const std::string& file,
                                                       const std::string& folder, bool is_package) {
  auto module = std::make_shared<PyModule>();
  module->name = dotted;
  module->folder = folder;
  module->is_package = is_package;
  module->globals.set("__name__", dotted);
  module->globals.set("__package__", is_package ? dotted : parent_of(dotted));
  if (is_package) module->globals.set("__path__", Value::list({folder}));
  if (!file.empty()) {
    module->globals.set("__file__", file);
    module->source = std::make_shared<const Source>(file, read_source(file));
    module->pending = [this, weak = std::weak_ptr<PyModule>(module)] {
      const auto self = weak.lock();
      run(self, self->source);
    };
  }
  modules.emplace(dotted, module);
  if (!file.empty()) modules_by_file.emplace(fs::weakly_canonical(file).string(), module);
  return module;
}

std::shared_ptr<PyModule> Interpreter::find_in_folder(const std::string& folder, const std::string& name,
                                                      const std::string& dotted) {
  const auto found = look_in(folder, name);
  if (!found) return nullptr;
  if (!found->file.empty()) {
    const auto known = modules_by_file.find(fs::weakly_canonical(found->file).string());
    if (known != modules_by_file.end()) return known->second;
  }
  return add_file_module(dotted, found->file.string(), found->folder.string(), found->is_package);
}

std::shared_ptr<PyModule> Interpreter::find_module(const std::string& dotted) {
  if (const auto known = modules.find(dotted); known != modules.end()) return known->second;
  if (const auto maker = native_modules.find(dotted); maker != native_modules.end()) {
    auto module = std::make_shared<PyModule>();
    module->name = dotted;
    module->is_embedded = true;
    module->globals.set("__name__", dotted);
    modules.emplace(dotted, module);
    maker->second(*module);
    return module;
  }
  const std::string parent_name = parent_of(dotted);
  if (!parent_name.empty()) {
    const auto parent = find_module(parent_name);
    if (!parent || !parent->is_package || parent->folder.empty()) return nullptr;
    return find_in_folder(parent->folder, last_part(dotted), dotted);
  }
  for (const std::string& root : roots)
    if (auto module = find_in_folder(root, dotted, dotted)) return module;
  return nullptr;
}

std::shared_ptr<PyModule> Interpreter::import_module(const std::string& dotted) {
  const auto module = find_module(dotted);
  if (!module) raise("ModuleNotFoundError", "No module named " + quote(dotted));
  ensure_run(*module);
  return module;
}

std::shared_ptr<PyModule> Interpreter::load_file(const std::string& path) {
  if (!is_file(path)) throw Error(ErrorKind::io, quote(path) + " is no file that can be read");
  const fs::path file(path);
  const std::string dotted = dotted_name_of(fs::absolute(file).lexically_normal().string());
  const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
  // Roots of absolute imports: the model's folder, and every folder above it, nearest first.
  std::vector<std::string> above;
  for (fs::path at = folder;; at = at.parent_path()) {
    above.push_back(at.string());
    if (at == at.parent_path() || above.size() > 12) break;
  }
  const auto given = static_cast<std::ptrdiff_t>(options.path.size());
  roots.insert(roots.begin() + std::min(given, static_cast<std::ptrdiff_t>(roots.size())), above.begin(), above.end());
  const bool is_package = file.stem() == "__init__";
  auto module = add_file_module(dotted, path, folder.string(), is_package);
  ensure_run(*module);
  return module;
}

std::optional<Value> Interpreter::module_attribute(PyModule& module, const std::string& name) {
  const auto own = [&]() -> std::optional<Value> {
    const Value* slot = module.globals.find(name);
    if (slot == nullptr) return std::nullopt;
    if (!slot->try_as<LazyImport>()) return *slot;
    Value fetched = *slot;
    force(fetched);
    return module.globals.set(name, fetched);
  };
  if (name == "__dict__") {
    ensure_run(module);
    const auto keep = module.shared_from_this();
    auto view = std::make_shared<NameView>();
    view->names = [keep, &module] { return module.globals.names(); };
    view->find = [this, keep, &module](const std::string& n) { return module_attribute(module, n); };
    view->set = [keep, &module](const std::string& n, const Value& v) { module.globals.set(n, v); };
    view->erase = [keep, &module](const std::string& n) { return module.globals.erase(n); };
    return view;
  }
  if (!name.starts_with("__") || module.globals.find(name) == nullptr) run_for_a_value(*this, module);
  if (auto value = own()) return value;
  const std::string dotted = module.name + "." + name;
  const Value* maker = module.globals.find("__getattr__");
  // Importing a submodule makes it an attribute of its package; `__getattr__` is asked for what is none.
  if (const auto known = modules.find(dotted); maker && known == modules.end()) return call(Value(*maker), {name});
  if (const auto submodule = find_module(dotted)) {
    module.globals.set(name, submodule);
    return submodule;
  }
  if (module.missing) return module.missing(name);
  return std::nullopt;
}

Value Interpreter::make_opaque(const std::string& import_name, const std::string& why) {
  auto opaque = std::make_shared<Opaque>();
  opaque->import_name = import_name.substr(0, 200);
  opaque->why = why;
  return opaque;
}

std::string Interpreter::not_found(const Frame& f, const std::string& dotted) const {
  const std::string place = where(f);
  const std::string why =
      "module " + quote(dotted) + " was not found" + (place.empty() ? "" : "; imported at " + place);
  return why + (dotted.starts_with('.')
                    ? "\n  help: relative imports are searched from the folder of the importing file"
                    : "\n  help: name the folder that holds it with --path DIR");
}

std::shared_ptr<PyModule> Interpreter::find_relative(Frame& f, const std::string& module, int level) {
  if (f.module->is_embedded || f.module->folder.empty()) {
    std::string base = f.module->is_package ? f.module->name : parent_of(f.module->name);
    for (int i = 1; i < level; ++i) base = parent_of(base);
    return find_module(module.empty() ? base : base.empty() ? module : base + "." + module);
  }
  fs::path folder = fs::path(f.module->folder);
  std::string base = f.module->is_package ? f.module->name : parent_of(f.module->name);
  for (int i = 1; i < level; ++i) {
    folder = folder.parent_path();
    base = parent_of(base);
  }
  std::shared_ptr<PyModule> found = package_at(folder.string(), base);
  for (std::size_t at = 0; found && at < module.size();) {
    const std::size_t dot = std::min(module.find('.', at), module.size());
    const std::string part = module.substr(at, dot - at);
    found = found->folder.empty() || !found->is_package
                ? nullptr
                : find_in_folder(found->folder, part, found->name.empty() ? part : found->name + "." + part);
    at = dot + 1;
  }
  return found;
}

std::shared_ptr<PyModule> Interpreter::package_at(const std::string& folder, const std::string& name) {
  const std::string file = (fs::path(folder) / "__init__.py").string();
  if (is_file(file)) {
    const auto known = modules_by_file.find(fs::weakly_canonical(file).string());
    if (known != modules_by_file.end()) return known->second;
    return add_file_module(name.empty() ? dotted_name_of(file) : name, file, folder, true);
  }
  auto module = std::make_shared<PyModule>();
  module->name = name;
  module->folder = folder;
  module->is_package = true;
  return module;
}

std::shared_ptr<PyModule> Interpreter::find_submodule(PyModule& module, const std::string& name) {
  if (!module.is_package) return nullptr;
  const std::string dotted = module.name.empty() ? name : module.name + "." + name;
  return module.folder.empty() ? find_module(dotted) : find_in_folder(module.folder, name, dotted);
}

// As CPython: attributes first, with the package's own `__getattr__`; where that knows none, a submodule of the name.
Value Interpreter::member(Frame& f, PyModule& module, const std::string& name) {
  Frame* const innermost = frame;
  try {
    if (auto value = module_attribute(module, name)) return *value;
  } catch (const Raised& raised) {
    if (!matches(raised.exception, exception_class("AttributeError"))) throw;
    frame = innermost;
  }
  if (const auto submodule = find_submodule(module, name)) {
    module.globals.set(name, submodule);
    return submodule;
  }
  if (module.is_embedded && f.import_guards == 0)
    return make_opaque(module.name + "." + name,
                       "it is not part of the " + quote(module.name) + " that is built in; imported at " + where(f));
  raise("ImportError", "cannot import name " + quote(name) + " from " + quote(module.name),
        did_you_mean(name, module.globals.names()));
}

void Interpreter::exec_import(Frame& f, const Import& node) {
  for (const Alias& alias : node.names) {
    f.at = &alias.span;
    const auto module = find_module(alias.name);
    const std::string first = alias.name.substr(0, alias.name.find('.'));
    if (!module) {
      if (f.import_guards > 0) raise("ModuleNotFoundError", "No module named " + quote(alias.name));
      const Value opaque = make_opaque(alias.name, not_found(f, alias.name));
      const auto top = alias.asname.empty() && alias.name != first ? find_module(first) : nullptr;
      if (top) {
        // `import torch.missing`: torch is there, and its attribute is what was not found.
        ensure_run(*top);
        const std::string rest = alias.name.substr(first.size() + 1);
        if (rest.find('.') == std::string::npos && !top->globals.contains(rest)) top->globals.set(rest, opaque);
        store_name(f, first, top);
      } else {
        store_name(f, alias.asname.empty() ? first : alias.asname,
                   alias.asname.empty() ? make_opaque(first, not_found(f, alias.name)) : opaque);
      }
      continue;
    }
    if (f.import_guards > 0) ensure_run(*module);
    if (alias.asname.empty())
      store_name(f, first, find_module(first));
    else
      store_name(f, alias.asname, module);
  }
}

void Interpreter::exec_import_from(Frame& f, const ImportFrom& node) {
  const std::string shown = std::string(static_cast<std::size_t>(node.level), '.') + node.module;
  const auto module = node.level > 0 ? find_relative(f, node.module, node.level) : find_module(node.module);
  if (module && f.import_guards > 0) ensure_run(*module);
  for (const Alias& alias : node.names) {
    f.at = &alias.span;
    const std::string& name = alias.asname.empty() ? alias.name : alias.asname;
    if (!module) {
      if (f.import_guards > 0) raise("ModuleNotFoundError", "No module named " + quote(shown));
      if (alias.name != "*") store_name(f, name, make_opaque(shown + "." + alias.name, not_found(f, shown)));
      continue;
    }
    if (alias.name == "*") {
      import_all(f, *module);
    } else if (f.import_guards == 0 && f.class_names == nullptr && module->pending) {
      auto lazy = std::make_shared<LazyImport>();
      lazy->module = module;
      lazy->name = alias.name;
      lazy->where = where(f);
      store_name(f, name, lazy);
    } else if (const Value* slot = module->globals.find(alias.name)) {
      store_name(f, name, Value(*slot));  // may itself be lazy: it stays so
    } else {
      store_name(f, name, import_member(f, module, alias.name));
    }
  }
}

/// A name of a module that has begun to run. One that is not there yet may come later: imports may be circular.
Value Interpreter::import_member(Frame& f, const std::shared_ptr<PyModule>& module, const std::string& name) {
  const bool running = std::any_of(running_modules.begin(), running_modules.end(),
                                   [&](const PyModule* other) { return other == module.get(); });
  if (!running || module->globals.contains("__getattr__")) return member(f, *module, name);
  if (const auto submodule = find_submodule(*module, name)) return submodule;
  auto lazy = std::make_shared<LazyImport>();
  lazy->module = module;
  lazy->name = name;
  lazy->where = where(f);
  return lazy;
}

void Interpreter::import_all(Frame& f, PyModule& module) {
  ensure_run(module);
  std::vector<std::string> names;
  if (const Value* all = module.globals.find("__all__")) {
    for (const Value& name : to_vector(Value(*all))) names.push_back(str(name));
  } else {
    for (const std::string& name : module.globals.names())
      if (!name.starts_with("_")) names.push_back(name);
  }
  for (const std::string& name : names) {
    if (const Value* slot = module.globals.find(name))
      store_name(f, name, Value(*slot));
    else
      store_name(f, name, member(f, module, name));
  }
}

}  // namespace scriptc::python
