#include "plugin_test.h"
