# cmake --install: libraries, plugins, the SDK's headers and the package that find_package(scriptc) finds;
# the programs install themselves. Included last, when all targets are there.
include(CMakePackageConfigHelpers)

install(TARGETS scriptc LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET scriptc_torch)
  install(TARGETS scriptc_torch LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

get_property(plugins DIRECTORY model_defs PROPERTY BUILDSYSTEM_TARGETS)
install(TARGETS ${plugins} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/scriptc/plugins)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/plugins/include/scriptc ${CMAKE_BINARY_DIR}/include/scriptc DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/scriptc)
install(TARGETS scriptc_plugin EXPORT scriptcTargets)
install(EXPORT scriptcTargets NAMESPACE scriptc:: DESTINATION ${package})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/scriptcConfig.cmake.in ${CMAKE_BINARY_DIR}/scriptcConfig.cmake
                              INSTALL_DESTINATION ${package} PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/scriptcConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/scriptcConfig.cmake ${CMAKE_BINARY_DIR}/scriptcConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/ScriptcPlugin.cmake ${CMAKE_CURRENT_LIST_DIR}/FindLibTorch.cmake
        DESTINATION ${package})
