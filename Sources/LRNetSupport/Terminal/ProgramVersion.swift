internal import CProcessor

/// The version of this build.
package enum ProgramVersion {
    /// The version of lrnet-dist and lrnet-data.
    package static let number = "0.2.0"

    /// The compiler's version, to the minor version, which is all that a program can test.
    package static var compiler: String {
        #if compiler(>=6.6)
            "Swift 6.6 or later"
        #elseif compiler(>=6.5)
            "Swift 6.5"
        #elseif compiler(>=6.4)
            "Swift 6.4"
        #elseif compiler(>=6.3)
            "Swift 6.3"
        #else
            "Swift 6.2"
        #endif
    }

    /// `release` or `debug`.
    package static var configuration: String {
        var isDebug = false
        // Evaluated in debug builds only.
        assert(
            {
                isDebug = true
                return true
            }())
        return isDebug ? "debug" : "release"
    }

    /// The CPUs that this build is for, such as `x86-64-v3`; with `+` if it needs more than that level
    /// has. Debug builds are for `x86-64`.
    package static var processor: String { String(cString: lrnet_target_processor()) }
}
