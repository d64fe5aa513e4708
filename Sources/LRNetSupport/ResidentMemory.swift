import Foundation

/// The resident memory of this process.
package enum ResidentMemory {
    /// The peak size so far, in bytes, as reported by the system (`VmHWM` on Linux).
    package static var peakByteCount: Int {
        var usage = rusage()
        #if os(Linux)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss * 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss
        #endif
    }
}
