# SPDX-License-Identifier: Apache-2.0
# mlcore::xgboost, XGBoost's C API, looked up by name so that an installed mlcore holds no path of
# the machine that built it. Used by the build and by find_package(mlcore COMPONENTS train).
find_library(MLCORE_XGBOOST_LIBRARY xgboost)
find_path(MLCORE_XGBOOST_INCLUDE_DIR xgboost/c_api.h)
mark_as_advanced(MLCORE_XGBOOST_LIBRARY MLCORE_XGBOOST_INCLUDE_DIR)
if(MLCORE_XGBOOST_LIBRARY AND MLCORE_XGBOOST_INCLUDE_DIR AND NOT TARGET mlcore::xgboost)
  add_library(mlcore::xgboost UNKNOWN IMPORTED)
  set_target_properties(mlcore::xgboost PROPERTIES
    IMPORTED_LOCATION ${MLCORE_XGBOOST_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${MLCORE_XGBOOST_INCLUDE_DIR})
endif()
