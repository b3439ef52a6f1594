"""The sandbox's tests on real ARM kernels, in an emulated machine: `python -m tests.arm arm64`. Not part of CI."""
