//! What a system's linker must be told of a module whose symbols the interpreter brings.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
