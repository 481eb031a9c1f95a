# Finds LibTorch without its own CMake package, which asks for a CUDA toolkit when the wheel was built with CUDA.
#
# Looked at, in this order:
#   LIBTORCH (variable or environment)   the folder with include/ and lib/: an unpacked libtorch or a wheel's `torch`
#   SCRIPTC_LIBTORCH=debian              Debian's libtorch-dev
#   .venv at the top of the sources      pip install torch==2.13.0
#
# Gives the target LibTorch::LibTorch and LibTorch_VERSION, LibTorch_INCLUDE_DIRS, LibTorch_LIBRARY_DIR.

set(SCRIPTC_LIBTORCH "" CACHE STRING "'debian' takes the system's libtorch-dev; empty: LIBTORCH, or the wheel in .venv")
set(LIBTORCH "" CACHE PATH "Folder with LibTorch's include/ and lib/")

set(_root "${LIBTORCH}")
if(NOT _root AND DEFINED ENV{LIBTORCH})
  set(_root "$ENV{LIBTORCH}")
endif()
if(_root)
  set(_from "LIBTORCH=${_root}")
  set(_include "${_root}/include")
  set(LibTorch_LIBRARY_DIR "${_root}/lib")
elseif(SCRIPTC_LIBTORCH STREQUAL "debian")
  set(_from "SCRIPTC_LIBTORCH=debian")
  set(_include "/usr/include")
  set(LibTorch_LIBRARY_DIR "/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}")
elseif(SCRIPTC_LIBTORCH)
  message(FATAL_ERROR "SCRIPTC_LIBTORCH is '${SCRIPTC_LIBTORCH}', expected 'debian' or nothing\n"
                      "help: -DLIBTORCH=FOLDER names a LibTorch of your own")
else()
  file(GLOB _wheels "${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
  list(GET _wheels 0 _root)
  set(_from "${CMAKE_SOURCE_DIR}/.venv")
  set(_include "${_root}/include")
  set(LibTorch_LIBRARY_DIR "${_root}/lib")
endif()

set(_api "${_include}/torch/csrc/api/include")
set(_torch_cpu "${LibTorch_LIBRARY_DIR}/libtorch_cpu.so")
set(_c10 "${LibTorch_LIBRARY_DIR}/libc10.so")

# The numbers moved to torch/headeronly in 2.9; the old header only includes the new one since.
set(LibTorch_VERSION "")
foreach(_header "${_include}/torch/headeronly/version.h" "${_api}/torch/version.h")
  if(EXISTS "${_header}" AND NOT LibTorch_VERSION)
    file(STRINGS "${_header}" _lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
    string(REGEX MATCHALL "[0-9]+" _numbers "${_lines}")
    list(JOIN _numbers "." LibTorch_VERSION)
  endif()
endforeach()

# Libraries with the old string ABI link with a page of undefined symbols; say it here instead.
set(_config "${LibTorch_LIBRARY_DIR}/../share/cmake/Torch/TorchConfig.cmake")
if(EXISTS "${_config}")
  file(STRINGS "${_config}" _old_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
  if(_old_abi)
    message(FATAL_ERROR "The LibTorch of ${_from} was built with the old C++ ABI (_GLIBCXX_USE_CXX11_ABI=0)\n"
                        "help: take the 'cxx11 ABI' download, or a wheel of 2.7 or newer")
  endif()
endif()

include(FindPackageHandleStandardArgs)
if(NOT EXISTS "${_torch_cpu}" OR NOT EXISTS "${_c10}" OR NOT LibTorch_VERSION)
  set(LibTorch_NOT_FOUND_MESSAGE
      "no LibTorch in ${_from} (wanted ${_torch_cpu} and ${_api}/torch/version.h)
  help: python3 -m venv .venv && .venv/bin/pip install torch==2.13.0
  help: or apt-get install libtorch-dev and -DSCRIPTC_LIBTORCH=debian
  help: or -DLIBTORCH=FOLDER, or -DSCRIPTC_TORCH=OFF for a build without the back end")
  set(_torch_cpu "_torch_cpu-NOTFOUND")
endif()
find_package_handle_standard_args(LibTorch REQUIRED_VARS _torch_cpu LibTorch_VERSION VERSION_VAR LibTorch_VERSION
                                  REASON_FAILURE_MESSAGE "${LibTorch_NOT_FOUND_MESSAGE}")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  set(LibTorch_INCLUDE_DIRS "${_api}" "${_include}")
  add_library(LibTorch::LibTorch INTERFACE IMPORTED GLOBAL)
  target_link_libraries(LibTorch::LibTorch INTERFACE "${_torch_cpu}" "${_c10}")
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE "${_api}")
  if(NOT _include STREQUAL "/usr/include") # naming it again would break #include_next
    target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE "${_include}")
  endif()
endif()
