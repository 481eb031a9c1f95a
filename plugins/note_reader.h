#pragma once

#include <elf.h>

#include <cstdint>
#include <string>

#include "plugins/loader.h"

namespace scriptc::plugins {

#if defined(__x86_64__)
inline constexpr std::uint16_t kThisMachine = EM_X86_64;
#elif defined(__aarch64__)
inline constexpr std::uint16_t kThisMachine = EM_AARCH64;
#elif defined(__riscv)
inline constexpr std::uint16_t kThisMachine = EM_RISCV;
#elif defined(__powerpc64__)
inline constexpr std::uint16_t kThisMachine = EM_PPC64;
#elif defined(__s390x__)
inline constexpr std::uint16_t kThisMachine = EM_S390;
#else
#error "name this machine's e_machine here"
#endif

/// `x86-64`, or the number.
std::string machine_name(std::uint16_t e_machine);

/// Errors (plugin): all that keeps a plugin with this note from being loaded, in one message.
void check_plugin_note(const std::string& path, const PluginNote& note, const std::string& libtorch);

}  // namespace scriptc::plugins
