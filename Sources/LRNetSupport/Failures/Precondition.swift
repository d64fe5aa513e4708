/// Traps with `message` if a condition does not hold, in release builds, too.
///
/// The standard library's function of this name, which it stands in for throughout the package,
/// prints no message in an optimised build; a shape error would then leave nothing but an address.
@inlinable @inline(__always)
package func precondition(
    _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) {
    if !condition { fatalError(message(), file: file, line: line) }
}
