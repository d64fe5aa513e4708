/// Traps with `message` if a condition is false, in release builds too.
///
/// It replaces the standard library's function of this name throughout the package. That function
/// prints no message in an optimized build, so a shape error would leave only an address.
@inlinable @inline(__always)
package func precondition(
    _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) {
    if !condition { fatalError(message(), file: file, line: line) }
}
