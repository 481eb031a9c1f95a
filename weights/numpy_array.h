#pragma once

#include <string>

#include "scriptc/model/tensor.h"
#include "weights/origin.h"
#include "weights/pickle_value.h"

namespace scriptc::weights {

/// Whether the pickle would have made a numpy array or scalar of `value`.
bool is_numpy_array(const Value& value);

/// A view of the array's bytes in the pickle; big-endian ones are converted into a buffer. The view keeps no pickle
/// alive: the caller sets its owner where it has none.
/// Errors (bad_input): N05 shape against bytes, objects, structured; N07 sizes that wrap; N08 bytes written as text.
TensorView read_numpy_array(const Value& value, const Origin& origin, const std::string& where);

}  // namespace scriptc::weights
