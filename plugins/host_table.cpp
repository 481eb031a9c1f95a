#include <utility>

#include "plugins/builder.h"
#include "plugins/session.h"
#include "scriptc/model/text.h"

// The functions behind abi.h's table. No exception leaves them: it is kept in the session, and a plugin that lets the
// failure pass gives it back to whoever called it.

namespace scriptc::plugins {
namespace {

Session& session_of(scriptc_session* session) { return static_cast<Session&>(*session); }

/// Runs `body`, which gives a Value, and keeps that.
template <class Body>
scriptc_handle keep(scriptc_session* id, Body body) noexcept {
  Session& session = session_of(id);
  try {
    return session.keep(Value(body(session)));
  } catch (...) {
    session.capture();
    return 0;
  }
}

/// Runs `body`, which gives nothing.
template <class Body>
std::int32_t run(scriptc_session* id, Body body) noexcept {
  Session& session = session_of(id);
  try {
    body(session);
    return 0;
  } catch (...) {
    session.capture();
    return 1;
  }
}

Error wrong_type(const Value& value, const char* expected) {
  return Error(ErrorKind::plugin, std::string("expected ") + expected + ", got " + quote(value.type_name()));
}

const std::vector<Value>& items_of(const Value& value) {
  if (value.is_list()) return value.as_list();
  if (value.is_tuple()) return value.as_tuple();
  throw wrong_type(value, "a list or tuple");
}

std::string text_of(const char* text) { return text ? text : ""; }

const char* last_error(scriptc_session* id) { return session_of(id).error_text().c_str(); }
void fail(scriptc_session* id, const char* text) {
  run(id, [&](Session& session) { session.fail(text_of(text)); });
}

scriptc_handle make_none(scriptc_session* id) {
  return keep(id, [](Session&) { return None{}; });
}
scriptc_handle make_bool(scriptc_session* id, std::int32_t value) {
  return keep(id, [&](Session&) { return value != 0; });
}
scriptc_handle make_int(scriptc_session* id, std::int64_t value) {
  return keep(id, [&](Session&) { return value; });
}
scriptc_handle make_float(scriptc_session* id, double value) {
  return keep(id, [&](Session&) { return value; });
}
scriptc_handle make_string(scriptc_session* id, const char* text, std::uint64_t size) {
  return keep(id, [&](Session&) { return std::string(text, size); });
}
scriptc_handle make_list(scriptc_session* id, const scriptc_handle* items, std::uint64_t count) {
  return keep(id, [&](Session& session) { return Value::list(session.at(items, count)); });
}
scriptc_handle make_tuple(scriptc_session* id, const scriptc_handle* items, std::uint64_t count) {
  return keep(id, [&](Session& session) { return Value::tuple(session.at(items, count)); });
}
scriptc_handle make_dict(scriptc_session* id, const scriptc_handle* keys, const scriptc_handle* values,
                         std::uint64_t count) {
  return keep(id, [&](Session& session) {
    Value dict = Value::dict();
    for (std::uint64_t i = 0; i < count; ++i) dict.as_dict().set(session.at(keys[i]), session.at(values[i]));
    return dict;
  });
}

std::int32_t is_none(scriptc_session* id, scriptc_handle handle) {
  bool none = false;
  run(id, [&](Session& session) { none = session.at(handle).is_none(); });
  return none ? 1 : 0;
}
std::int32_t get_bool(scriptc_session* id, scriptc_handle handle, std::int32_t* out) {
  return run(id, [&](Session& session) {
    const Value& value = session.at(handle);
    if (!value.is_bool()) throw wrong_type(value, "a bool");
    *out = value.as_bool() ? 1 : 0;
  });
}
std::int32_t get_int(scriptc_session* id, scriptc_handle handle, std::int64_t* out) {
  return run(id, [&](Session& session) {
    const Value& value = session.at(handle);
    if (!value.is_int()) throw wrong_type(value, "an int");
    *out = value.as_int();
  });
}
std::int32_t get_float(scriptc_session* id, scriptc_handle handle, double* out) {
  return run(id, [&](Session& session) {
    const Value& value = session.at(handle);
    if (!value.is_float() && !value.is_int()) throw wrong_type(value, "a float");
    *out = value.is_float() ? value.as_float() : static_cast<double>(value.as_int());
  });
}
std::int32_t get_string(scriptc_session* id, scriptc_handle handle, const char** text, std::uint64_t* size) {
  return run(id, [&](Session& session) {
    const Value& value = session.at(handle);
    if (!value.is_string()) throw wrong_type(value, "a str");
    *text = value.as_string().c_str();
    *size = value.as_string().size();
  });
}
std::int32_t get_length(scriptc_session* id, scriptc_handle handle, std::uint64_t* out) {
  return run(id, [&](Session& session) { *out = items_of(session.at(handle)).size(); });
}
scriptc_handle get_item(scriptc_session* id, scriptc_handle handle, std::uint64_t index) {
  return keep(id, [&](Session& session) {
    const std::vector<Value>& items = items_of(session.at(handle));
    if (index >= items.size()) throw Error(ErrorKind::plugin, "index " + std::to_string(index) + " is out of range");
    return items[index];
  });
}

scriptc_handle add_model(scriptc_session* id, const scriptc_model* model) {
  scriptc_handle handle = 0;
  run(id, [&](Session& session) { handle = session.registration().add_model(*model, session); });
  return handle;
}
std::int32_t set_model_doc(scriptc_session* id, scriptc_handle model, const char* text) {
  return run(id, [&](Session& session) { session.registration().model(model).info.doc = text_of(text); });
}
std::int32_t add_model_input(scriptc_session* id, scriptc_handle handle, const char* spec) {
  return run(id, [&](Session& session) {
    ModelInfo& model = session.registration().model(handle).info;
    try {
      parse_input_spec(text_of(spec));
    } catch (const Error& error) {
      throw Error(ErrorKind::plugin, "input of model " + quote(model.name) + ": " + error.message());
    }
    model.inputs.push_back(text_of(spec));
  });
}
std::int32_t add_functions(scriptc_session* id, scriptc_place place, const char* source) {
  return run(id, [&](Session& session) {
    session.registration().functions.push_back({base_name(place.file), place.line, text_of(source)});
  });
}

scriptc_handle make_module(scriptc_session* id, scriptc_place place, const char* class_name) {
  return keep(id, [&](Session& session) { return session.builder().make_module(place, text_of(class_name)); });
}

std::vector<Argument> arguments_of(const Session& session, const scriptc_argument* arguments, std::uint64_t count) {
  std::vector<Argument> result;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto& [name, handle] = arguments[i];
    result.push_back({text_of(name), handle == 0 ? std::nullopt : std::optional(session.at(handle))});
  }
  return result;
}

scriptc_handle call(scriptc_session* id, scriptc_place place, const char* name, const scriptc_argument* arguments,
                    std::uint64_t count) {
  return keep(id, [&](Session& session) {
    return session.builder().call(place, text_of(name), arguments_of(session, arguments, count));
  });
}
scriptc_handle call_method(scriptc_session* id, scriptc_place place, scriptc_handle object, const char* name,
                           const scriptc_argument* arguments, std::uint64_t count) {
  return keep(id, [&](Session& session) {
    return session.builder().call_method(place, session.at(object), text_of(name),
                                         arguments_of(session, arguments, count));
  });
}
scriptc_handle get_attribute(scriptc_session* id, scriptc_place place, scriptc_handle object, const char* name) {
  return keep(id, [&](Session& session) {
    return object == 0 ? session.builder().find(place, text_of(name))
                       : session.builder().get_attribute(place, session.at(object), text_of(name));
  });
}
std::int32_t set_attribute(scriptc_session* id, scriptc_place place, scriptc_handle object, const char* name,
                           scriptc_handle value) {
  return run(id, [&](Session& session) {
    session.builder().set_attribute(place, session.at(object), text_of(name), session.at(value));
  });
}
std::int32_t define(scriptc_session* id, scriptc_place place, scriptc_handle module, const char* source) {
  return run(id, [&](Session& session) { session.builder().define(place, session.at(module), text_of(source)); });
}
std::int32_t add_input(scriptc_session* id, scriptc_place place, const char* spec) {
  return run(id, [&](Session& session) { session.builder().add_input(place, text_of(spec)); });
}

std::int32_t set_native(scriptc_session* id, void* module, void (*release_module)(void*), void* forward,
                        void (*release_forward)(void*)) {
  return run(id, [&](Session& session) {
    // A shared_ptr releases its pointer also when making it fails, so the guard is for the other one.
    std::unique_ptr<void, void (*)(void*)> guard(module, release_module);
    std::shared_ptr<void> kept_forward(forward, release_forward);
    std::shared_ptr<void> kept_module = std::move(guard);
    session.native = {std::move(kept_module), std::move(kept_forward)};
  });
}

}  // namespace

const scriptc_host& host_table() {
  static const scriptc_host table = {
      sizeof(scriptc_host), SCRIPTC_ABI_VERSION, &last_error,    &fail,        &make_none,
      &make_bool,           &make_int,           &make_float,    &make_string, &make_list,
      &make_tuple,          &make_dict,          &is_none,       &get_bool,    &get_int,
      &get_float,           &get_string,         &get_length,    &get_item,    &add_model,
      &set_model_doc,       &add_model_input,    &add_functions, &make_module, &call,
      &call_method,         &get_attribute,      &set_attribute, &define,      &add_input,
      &set_native};
  return table;
}

}  // namespace scriptc::plugins
