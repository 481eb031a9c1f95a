# scriptc_add_plugin(NAME [NATIVE] sources…): builds the plugin NAME.so.
#
# A described plugin needs the SDK's headers only and works with every LibTorch. NATIVE: it includes
# <scriptc/native.h> and needs the target LibTorch::LibTorch (find_package(LibTorch)); works with that LibTorch alone.
# Plugins land in SCRIPTC_PLUGIN_OUTPUT_DIRECTORY if that is set. Equal sources give equal bytes, wherever they lie.
function(scriptc_add_plugin name)
  cmake_parse_arguments(PLUGIN "NATIVE" "" "" ${ARGN})
  add_library(${name} MODULE ${PLUGIN_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE scriptc::plugin)
  if(TARGET scriptc_nn_names)
    add_dependencies(${name} scriptc_nn_names)
  endif()
  if(PLUGIN_NATIVE)
    target_link_libraries(${name} PRIVATE LibTorch::LibTorch)
    target_compile_features(${name} PRIVATE cxx_std_20)
    set_target_properties(${name} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(SCRIPTC_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${SCRIPTC_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  # Messages show places as `lenet.cpp:7`. ccache may have made the path relative to the build folder.
  file(RELATIVE_PATH relative ${CMAKE_BINARY_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE
    -ffile-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}/= -ffile-prefix-map=${relative}/= -ffile-prefix-map=${CMAKE_BINARY_DIR}=.)
endfunction()
