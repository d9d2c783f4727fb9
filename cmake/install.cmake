# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` lays down; the tree can be moved as a whole. tests/install uses it from
# another place, as a stranger would.
include(CMakePackageConfigHelpers)
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mlcore)

set(installed_targets mlcore_static)
if(TARGET mlcore_shared)
  list(APPEND installed_targets mlcore_shared)
endif()
install(TARGETS ${installed_targets} EXPORT mlcoreTargets FILE_SET HEADERS)
install(EXPORT mlcoreTargets NAMESPACE mlcore:: DESTINATION ${config_dir})
if(TARGET mlcore_train)
  install(TARGETS mlcore_train EXPORT mlcoreTrainTargets FILE_SET HEADERS)
  install(EXPORT mlcoreTrainTargets NAMESPACE mlcore:: DESTINATION ${config_dir})
endif()
if(TARGET mlcore_command)
  install(TARGETS mlcore_command)
endif()

configure_package_config_file(cmake/mlcoreConfig.cmake.in mlcoreConfig.cmake
  INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(mlcoreConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/mlcore_xgboost.cmake ${PROJECT_BINARY_DIR}/mlcoreConfig.cmake
  ${PROJECT_BINARY_DIR}/mlcoreConfigVersion.cmake DESTINATION ${config_dir})

file(RELATIVE_PATH MLCORE_PC_PREFIX /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
configure_file(cmake/mlcore.pc.in mlcore.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mlcore.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
