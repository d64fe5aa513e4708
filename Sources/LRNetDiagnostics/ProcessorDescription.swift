internal import Foundation

/// The CPU of a machine.
package struct ProcessorDescription: Sendable, Codable, Equatable {
    /// The model name given by the vendor.
    package var model: String

    /// The vector extensions that kernels can use, widest last.
    package var vectorExtensions: [String]

    /// The number of online logical cores.
    package var coreCount: Int

    /// The extensions that determine which kernels a library chooses, widest last.
    static let interesting = [
        "sse2", "sse4_2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512dq",
        "avx512_bf16", "avx512_vnni", "amx_bf16", "neon", "asimd", "sve",
    ]

    /// Parses Linux's description of the first CPU.
    ///
    /// - Parameters:
    ///   - text: The content of `/proc/cpuinfo`.
    ///   - coreCount: The number of online logical cores.
    package init(cpuinfo text: String, coreCount: Int) {
        func value(_ keys: [String]) -> String? {
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                let key = parts.first?.trimmingCharacters(in: .whitespaces) ?? ""
                if parts.count == 2, keys.contains(key) {
                    return parts[1].trimmingCharacters(in: .whitespaces)
                }
            }
            return nil
        }
        model = value(["model name", "Model", "CPU part"]) ?? "unknown"
        let words = (value(["flags", "Features"]) ?? "").split(separator: " ")
        let flags = Set(words.map(String.init))
        vectorExtensions = Self.interesting.filter(flags.contains)
        self.coreCount = coreCount
    }

    /// Returns the description of this machine's CPU.
    package static func current() -> ProcessorDescription {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        return ProcessorDescription(
            cpuinfo: text, coreCount: max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1))
    }

    /// The widest vectors that kernels can use on this CPU.
    package var vectorLevel: VectorLevel {
        let flags = Set(vectorExtensions)
        if flags.isSuperset(of: ["avx512f", "avx512bw", "avx512vl", "avx512dq"]) { return .avx512 }
        if flags.isSuperset(of: ["avx2", "fma"]) { return .avx2 }
        return flags.contains("avx") ? .avx : .basic
    }
}

/// Vector widths of x86 CPUs and of the kernels made for them.
package enum VectorLevel: Int, Sendable, Comparable, CustomStringConvertible {
    /// 128 bits.
    case basic
    /// 256 bits.
    case avx
    /// 256 bits with fused multiply-add.
    case avx2
    /// 512 bits.
    case avx512

    /// Creates the level of one of OpenBLAS's kernel sets, or returns `nil` for an unknown name.
    package init?(blasCore: String) {
        switch blasCore.lowercased() {
        case "skylakex", "cooperlake", "sapphirerapids": self = .avx512
        case "haswell", "zen", "excavator": self = .avx2
        case "sandybridge", "bulldozer", "piledriver", "steamroller": self = .avx
        case "prescott", "core2", "penryn", "dunnington", "nehalem", "athlon", "opteron",
            "opteron_sse3", "barcelona", "bobcat", "atom", "nano", "katmai", "coppermine",
            "northwood", "banias", "generic":
            self = .basic
        default: return nil
        }
    }

    package static func < (a: VectorLevel, b: VectorLevel) -> Bool { a.rawValue < b.rawValue }

    package var description: String {
        switch self {
        case .basic: "SSE"
        case .avx: "AVX"
        case .avx2: "AVX2"
        case .avx512: "AVX-512"
        }
    }
}
