# find_package(jiffy) defines jiffy::jiffy and jiffy::interpose.
get_filename_component(_jiffy_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET jiffy::jiffy)
  # Some objects are there to be found by name only: whole archives.
  add_library(jiffy::jiffy INTERFACE IMPORTED)
  set_target_properties(jiffy::jiffy PROPERTIES
    INTERFACE_COMPILE_FEATURES cxx_std_20
    INTERFACE_INCLUDE_DIRECTORIES "${_jiffy_prefix}/include"
    INTERFACE_LINK_LIBRARIES
      "-Wl,--whole-archive;${_jiffy_prefix}/lib/libjiffy.a;-Wl,--no-whole-archive;@CMAKE_FLAGS@")

  add_library(jiffy::interpose INTERFACE IMPORTED)
  set_target_properties(jiffy::interpose PROPERTIES
    INTERFACE_LINK_LIBRARIES
      "-Wl,--whole-archive;${_jiffy_prefix}/lib/libjiffy_interpose.a;-Wl,--no-whole-archive;jiffy::jiffy;@CMAKE_INTERPOSE_FLAGS@")
endif()
