# Writes nn_names.h: one SCRIPTC_LAYER(name) for every class that scriptc/nn/modules/__init__.py imports.
#   cmake -DINPUT=…/__init__.py -DOUTPUT=…/nn_names.h -P nn_names.cmake
# The input has plain lines `from .conv import Conv1d, Conv2d`; another shape of them is an error, not a layer
# that silently lacks its name.
cmake_minimum_required(VERSION 3.25)
file(STRINGS ${INPUT} lines ENCODING UTF-8)
set(names "")
foreach(line IN LISTS lines)
  if(line MATCHES "^from \\.[a-z_]+ import ([A-Za-z0-9_, ]+)$")
    string(REGEX REPLACE "[ ,]+" ";" imported "${CMAKE_MATCH_1}")
    list(APPEND names ${imported})
  elseif(line MATCHES "^from \\.")
    message(FATAL_ERROR "${INPUT}: expected `from .FILE import NAME, NAME`, got `${line}`")
  endif()
endforeach()
list(FILTER names INCLUDE REGEX "^[A-Z]")
list(REMOVE_DUPLICATES names)
list(SORT names)
if(NOT names)
  message(FATAL_ERROR "${INPUT}: no layer is imported")
endif()
list(TRANSFORM names REPLACE "(.+)" "SCRIPTC_LAYER(\\1)")
list(JOIN names "\n" text)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "// Generated from scriptc/nn by nn_names.cmake.\n@text@\n" @ONLY)
