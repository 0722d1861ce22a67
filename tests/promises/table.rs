//! docs/dane.md
