#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "plugins/loader.h"
#include "scriptc/cli/backend_loader.h"
#include "scriptc/cli/binding.h"
#include "scriptc/cli/command.h"
#include "scriptc/cli/json_value.h"
#include "scriptc/cli/model_source.h"
#include "scriptc/model/text.h"

namespace scriptc::cli {
namespace {

using Json = nlohmann::ordered_json;
using plugins::ModelInfo;

/// One plugin as it is listed. A native one among many is not loaded: that would load LibTorch.
struct Listed {
  std::string path;
  std::string native;   ///< the LibTorch it was built for, else empty
  std::string failure;  ///< why it cannot be loaded, else empty
  std::shared_ptr<plugins::Plugin> plugin;
};

Listed list_one_of_many(const std::string& path) {
  Listed listed{path, "", "", nullptr};
  try {
    const plugins::PluginNote note = plugins::read_plugin_note(path);
    if (note.native)
      listed.native = note.libtorch;
    else
      listed.plugin = plugins::load_plugin(path);
  } catch (const Error& refused) {
    listed.failure = refused.message();
  }
  return listed;
}

/// By folder, then by name; a name that an earlier folder has is hidden, as for MODULE.
std::vector<std::string> installed_plugins() {
  std::vector<std::string> paths;
  std::set<std::string> names;
  for (const std::string& folder : plugins::plugin_folders()) {
    std::set<std::string> here;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none))
      if (entry.path().extension() == ".so") here.insert(entry.path().filename());
    for (const std::string& name : here)
      if (names.insert(name).second) paths.push_back(folder + "/" + name);
  }
  return paths;
}

Json to_json(const ModelInfo& model) {
  Json parameters = Json::array();
  for (const plugins::ParameterInfo& parameter : model.parameters) {
    Json row = {{"name", parameter.name}, {"type", to_string(parameter.type)}};
    if (parameter.default_value) row["default"] = value_json(*parameter.default_value);
    parameters.push_back(std::move(row));
  }
  return {{"name", model.name},
          {"doc", model.doc},
          {"native", model.native},
          {"parameters", std::move(parameters)},
          {"inputs", model.inputs}};
}

Json to_json(const Listed& listed) {
  Json json = {{"path", listed.path}};
  if (!listed.native.empty()) json["libtorch"] = listed.native;
  if (!listed.failure.empty()) json["error"] = listed.failure;
  if (!listed.plugin) return json;
  json["models"] = Json::array();
  for (const ModelInfo& model : listed.plugin->models()) json["models"].push_back(to_json(model));
  return json;
}

/// Of prose, only what would disturb a terminal is escaped.
std::string printable(const std::string& prose) {
  std::string text;
  for (std::size_t at = 0;;) {
    const std::size_t mark = std::min(prose.find_first_of("'\\", at), prose.size());
    text += escape(prose.substr(at, mark - at), 0);
    if (mark == prose.size()) return text;
    text += prose[mark];
    at = mark + 1;
  }
}

std::string to_text(const ModelInfo& model) {
  std::string text = "  " + signature(model) + (model.native ? "  (native)" : "") + "\n";
  if (!model.doc.empty()) text += "      " + printable(model.doc) + "\n";
  for (const std::string& input : model.inputs) text += "      input " + input + "\n";
  return text;
}

std::string to_text(const Listed& listed) {
  std::string text = escape(listed.path, 0) + "\n";
  if (!listed.native.empty())
    text += "  native, for LibTorch " + escape(listed.native) + "; 'scriptc list " + escape(listed.path, 0) +
            "' loads it and lists its models\n";
  if (!listed.failure.empty()) text += "  cannot be loaded: " + listed.failure + "\n";
  if (!listed.plugin) return text;
  for (const ModelInfo& model : listed.plugin->models()) text += to_text(model);
  return text;
}

}  // namespace

const Grammar& list_grammar() {
  static const Grammar grammar{
      "List plugins and their models: parameters, types, defaults, inputs",
      {{"MODULE", "plugin; without it, every plugin in SCRIPTC_PLUGIN_PATH and the installation", false}},
      {{"help", 'h', ValueKind::flag, "", "show this help", "general"},
       {"json", 0, ValueKind::flag, "", "print JSON", "general"}},
      ""};
  return grammar;
}

int run_list(const Arguments& arguments, Console& console) {
  std::vector<Listed> plugins_found;
  BackendLoader backend(1, false);
  if (const auto module = arguments.text("MODULE")) {
    const std::string path = plugins::find_plugin(*module);
    plugins_found.push_back({path, "", "", load_plugin(path, backend)});
  } else {
    for (const std::string& path : installed_plugins()) plugins_found.push_back(list_one_of_many(path));
  }
  if (arguments.has("json")) {
    Json json = Json::array();
    for (const Listed& listed : plugins_found) json.push_back(to_json(listed));
    console.print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    return 0;
  }
  for (const Listed& listed : plugins_found) console.print(to_text(listed));
  if (plugins_found.empty()) console.print("no plugins were found; name folders in SCRIPTC_PLUGIN_PATH\n");
  return 0;
}

}  // namespace scriptc::cli
