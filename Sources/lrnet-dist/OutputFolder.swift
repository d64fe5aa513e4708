import ArgumentParser
import LRNetSupport

/// Rejects an `--output` that is a file.
///
/// - Throws: `ValidationError`, such as `--output net.yaml is a file; give a folder`.
func checkIsFolder(_ output: String) throws {
    guard FileBytes.exists(output), !FileBytes.isFolder(output) else { return }
    throw ValidationError("--output \(output) is a file; give a folder, such as runs/mnist-ternary")
}
