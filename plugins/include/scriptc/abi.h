/* The contract between scriptc and a plugin, in plain C. Plugin authors include plugin.h or native.h instead.
 *
 * 1. Before a file is loaded, the host reads its ELF note `.note.scriptc` (through PT_NOTE) and refuses what does not
 *    fit: no code of a foreign file runs.
 * 2. The host loads the file and calls its one exported symbol, `scriptc_plugin_entry`, which registers models through
 *    the host's table. They are taken over together when the entry has returned SCRIPTC_OK, or not at all.
 * 3. To build a model the host calls its `build`, which makes the module tree through the same table.
 *
 * Rules. Structs that begin with `size` grow only at their end; what lies beyond `size` is absent. Any other change
 * raises SCRIPTC_ABI_VERSION. No exception crosses in either direction. Strings are UTF-8; the callee copies them.
 * Handles name Python values that the host keeps until the session ends (the call of the entry, or of one `build`);
 * there is nothing to release. Sessions belong to one thread. A function that fails returns 0 (handles) or a value
 * other than 0 (statuses), and `last_error` tells why.
 */
#ifndef SCRIPTC_ABI_H
#define SCRIPTC_ABI_H

#include <stdint.h>

#define SCRIPTC_ABI_VERSION 1u

/* The note: n_name is "scriptc" (with its NUL), n_type SCRIPTC_NOTE_TYPE, the descriptor is a scriptc_note. The machine
 * is the one of the ELF header. */
#define SCRIPTC_NOTE_NAME "scriptc"
#define SCRIPTC_NOTE_TYPE 1u
#define SCRIPTC_KIND_DESCRIBED 1u /* builds through scriptc_host only; works with every LibTorch */
#define SCRIPTC_KIND_NATIVE 2u    /* hands back a torch::nn::Module; works with one LibTorch */

typedef struct scriptc_note {
  uint32_t size; /* of this struct */
  uint32_t abi_version;
  uint32_t kind;
  uint32_t cxx11_abi; /* native: _GLIBCXX_USE_CXX11_ABI */
  char libtorch[32];  /* native: the version compiled against, `2.13.0` */
  char compiler[64];  /* `GCC 12.2.0`; only reported */
} scriptc_note;

/* The note as it lies in the file; `header` is Elf64_Nhdr. */
typedef struct scriptc_note_section {
  uint32_t header[3];
  char name[8];
  scriptc_note note;
} scriptc_note_section;

/* Puts the note into the plugin: `SCRIPTC_NOTE_SECTION(SCRIPTC_KIND_NATIVE, _GLIBCXX_USE_CXX11_ABI, TORCH_VERSION);`,
 * with 0 and "" for described plugins. */
#define SCRIPTC_NOTE_SECTION(kind, cxx11_abi, libtorch)                                         \
  __attribute__((section(".note.scriptc"), used,                                                \
                 aligned(4))) static const scriptc_note_section scriptc_note_of_this_plugin = { \
      {sizeof(SCRIPTC_NOTE_NAME), sizeof(scriptc_note), SCRIPTC_NOTE_TYPE},                     \
      SCRIPTC_NOTE_NAME,                                                                        \
      {sizeof(scriptc_note), SCRIPTC_ABI_VERSION, kind, cxx11_abi, libtorch, SCRIPTC_COMPILER}}

#if defined(__clang__)
#define SCRIPTC_COMPILER "Clang " __clang_version__
#else
#define SCRIPTC_COMPILER "GCC " __VERSION__
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct scriptc_session scriptc_session;
typedef uint64_t scriptc_handle; /* 0: absent, or the call failed */

/* A place in the plugin's source, for messages. The host shows the base name of `file`. */
typedef struct scriptc_place {
  const char* file;
  int32_t line;
} scriptc_place;

/* One argument of a call; keywords come after the positional ones. */
typedef struct scriptc_argument {
  const char* name; /* NULL: positional */
  scriptc_handle value;
} scriptc_argument;

/* `type`: bool, int, float, str, optional[T], list[T], tuple[T,…]. */
typedef struct scriptc_parameter {
  const char* name;
  const char* type;
  scriptc_handle default_value; /* 0: required */
} scriptc_parameter;

/* What the entry and `build` return. */
#define SCRIPTC_OK 0
#define SCRIPTC_HOST_ERROR 1   /* a host function failed, and the plugin let it pass: `last_error` holds */
#define SCRIPTC_OWN_ERROR 2    /* the plugin's own error; its text went to `fail` */
#define SCRIPTC_HOST_TOO_OLD 3 /* entry only: the host's table is shorter than what the plugin was built with */

struct scriptc_host;

/* Builds a model: `builder` is scriptc_model's, `arguments` has one handle for each parameter. Described models set
 * `*module` to the handle of the root, native ones call `set_native`. Returns a status. */
typedef int32_t (*scriptc_build)(void* builder, const struct scriptc_host* host, scriptc_session* session,
                                 const scriptc_handle* arguments, uint64_t count, scriptc_handle* module);

typedef struct scriptc_model {
  uint32_t size; /* of this struct */
  uint32_t parameter_count;
  const char* name;
  const scriptc_parameter* parameters;
  scriptc_build build;
  void* builder;
  scriptc_place place;
} scriptc_model;

typedef struct scriptc_host {
  uint32_t size; /* of this struct */
  uint32_t abi_version;

  /* Errors. The text stays valid until the next call; `fail` sets it. */
  const char* (*last_error)(scriptc_session*);
  void (*fail)(scriptc_session*, const char* text);

  /* Making values. */
  scriptc_handle (*make_none)(scriptc_session*);
  scriptc_handle (*make_bool)(scriptc_session*, int32_t);
  scriptc_handle (*make_int)(scriptc_session*, int64_t);
  scriptc_handle (*make_float)(scriptc_session*, double);
  scriptc_handle (*make_string)(scriptc_session*, const char*, uint64_t size);
  scriptc_handle (*make_list)(scriptc_session*, const scriptc_handle* items, uint64_t count);
  scriptc_handle (*make_tuple)(scriptc_session*, const scriptc_handle* items, uint64_t count);
  scriptc_handle (*make_dict)(scriptc_session*, const scriptc_handle* keys, const scriptc_handle* values,
                              uint64_t count);

  /* Reading values; a value of another type fails. `get_float` takes an int, too. */
  int32_t (*is_none)(scriptc_session*, scriptc_handle); /* 1 or 0 */
  int32_t (*get_bool)(scriptc_session*, scriptc_handle, int32_t*);
  int32_t (*get_int)(scriptc_session*, scriptc_handle, int64_t*);
  int32_t (*get_float)(scriptc_session*, scriptc_handle, double*);
  int32_t (*get_string)(scriptc_session*, scriptc_handle, const char**, uint64_t* size); /* valid for the session */
  int32_t (*get_length)(scriptc_session*, scriptc_handle, uint64_t*);                    /* of a list or tuple */
  scriptc_handle (*get_item)(scriptc_session*, scriptc_handle, uint64_t index);

  /* Registering, in the entry. `add_functions`: Python source of functions that every `define` sees. */
  scriptc_handle (*add_model)(scriptc_session*, const scriptc_model*);
  int32_t (*set_model_doc)(scriptc_session*, scriptc_handle model, const char* text);
  int32_t (*add_model_input)(scriptc_session*, scriptc_handle model, const char* spec);
  int32_t (*add_functions)(scriptc_session*, scriptc_place, const char* source);

  /* Building, in `build`. `call` takes a dotted name, `torch.nn.Conv2d`; `get_attribute` of object 0 too,
   * `torch.float32`. `define`: the source of methods, whose first line is the place's. `set_attribute` registers
   * modules and parameters as Python does. */
  scriptc_handle (*make_module)(scriptc_session*, scriptc_place, const char* class_name);
  scriptc_handle (*call)(scriptc_session*, scriptc_place, const char* name, const scriptc_argument*, uint64_t count);
  scriptc_handle (*call_method)(scriptc_session*, scriptc_place, scriptc_handle object, const char* name,
                                const scriptc_argument*, uint64_t count);
  scriptc_handle (*get_attribute)(scriptc_session*, scriptc_place, scriptc_handle object, const char* name);
  int32_t (*set_attribute)(scriptc_session*, scriptc_place, scriptc_handle object, const char* name, scriptc_handle);
  int32_t (*define)(scriptc_session*, scriptc_place, scriptc_handle module, const char* source);
  int32_t (*add_input)(scriptc_session*, scriptc_place, const char* spec); /* in place of the model's own inputs */

  /* Native models: `module` and `forward` are laid out as native.h says; the host calls each release once, also
   * when it fails. */
  int32_t (*set_native)(scriptc_session*, void* module, void (*release_module)(void*), void* forward,
                        void (*release_forward)(void*));
} scriptc_host;

/* The one exported symbol. Returns a status. */
typedef int32_t (*scriptc_entry)(const scriptc_host* host, scriptc_session* session);
#define SCRIPTC_ENTRY_SYMBOL "scriptc_plugin_entry"

#ifdef __cplusplus
}
#endif

#endif
