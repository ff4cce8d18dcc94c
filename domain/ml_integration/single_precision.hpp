// e^x and ln x in float32 with the bits of the C library that XGBoost runs on.
#pragma once

namespace tomnext::ml_integration {

/// e^x as expf of glibc ≥ 2.27 and musl gives it: within 0.502 ulp, not always correctly rounded. NaN stays NaN.
float exp_single(float x);
/// ln x as their logf gives it, within 0.82 ulp. −∞ at 0, NaN below.
float log_single(float x);

}  // namespace tomnext::ml_integration
