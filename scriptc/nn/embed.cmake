# cmake -DSOURCE_DIR=… -DOUTPUT=… "-DFILES=a.py,b/c.py" -P embed.cmake
# Writes a C++ source with the texts of FILES (relative to SOURCE_DIR) behind scriptc::nn::embedded_files().
cmake_minimum_required(VERSION 3.25)

# One literal may have 16,000 bytes with MSVC; adjacent ones are joined by the compiler.
set(piece 8000)
set(table "")
string(REPLACE "," ";" files "${FILES}")
foreach(file IN LISTS files)
  string(REGEX REPLACE "\\.py$" "" module "torch/nn/${file}")
  set(is_package false)
  if(module MATCHES "/__init__$")
    set(is_package true)
    string(REGEX REPLACE "/__init__$" "" module "${module}")
  endif()
  string(REPLACE "/" "." module "${module}")
  file(READ "${SOURCE_DIR}/${file}" text)
  string(LENGTH "${text}" length)
  string(APPEND table "    {\"${module}\", \"torch/nn/${file}\",\n     std::string_view(\n")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} ${piece} part)
    string(APPEND table "R\"scriptc-py(${part})scriptc-py\"\n")
    math(EXPR at "${at} + ${piece}")
  endwhile()
  if(length EQUAL 0)
    string(APPEND table "\"\"")
  endif()
  string(APPEND table "), ${is_package}},\n")
endforeach()

file(WRITE "${OUTPUT}" "// Made by scriptc/nn/embed.cmake.
#include \"scriptc/nn/embedded.h\"

namespace scriptc::nn {
namespace {

constexpr EmbeddedFile kFiles[] = {
${table}};

}  // namespace

std::span<const EmbeddedFile> embedded_files() { return kFiles; }

}  // namespace scriptc::nn
")
