import Foundation

/// The memory that this process has had in use.
package enum ResidentMemory {
    /// The most bytes so far, as the system counts them (`VmHWM` of Linux).
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
