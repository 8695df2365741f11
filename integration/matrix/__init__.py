"""Each supported release of Debian, built by debootstrap, and the demo, the checks and the tests run in it."""
