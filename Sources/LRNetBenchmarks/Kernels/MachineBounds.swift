internal import Foundation
internal import LRNetKernels
internal import LRNetSupport

/// The maximum rates of one core of this machine, measured with this program's matrix product and
/// with copies.
package struct MachineBounds: Codable, Sendable, Equatable {
    /// The rate of a product of 480x512x512 with a packed right factor, in 10^9 additions and
    /// multiplications per second.
    package var product_gflops: Double

    /// The rates of copies within the second-level cache, the third-level cache, and memory, in
    /// 10^9 bytes read and written per second.
    package var copy_l2_gigabytes, copy_l3_gigabytes, copy_memory_gigabytes: Double

    /// The sizes of the caches available to a core, in bytes.
    package var l2_bytes, l3_bytes: Int

    package init(product: Double, l2: Double, l3: Double, memory: Double, sizes: (Int, Int)) {
        product_gflops = product
        copy_l2_gigabytes = l2
        copy_l3_gigabytes = l3
        copy_memory_gigabytes = memory
        (l2_bytes, l3_bytes) = sizes
    }

    /// A level of memory.
    package enum Level: String, CaseIterable {
        /// The second-level cache, or closer.
        case l2 = "L2 copy"
        /// The third-level cache.
        case l3 = "L3 copy"
        /// Memory.
        case memory = "memory copy"
    }

    /// Measures the bounds, which takes about half a second.
    static func measure() -> MachineBounds {
        let l2 = cacheSize(level: 2) ?? 1 << 20
        let l3 = max(cacheSize(level: 3) ?? 32 << 20, 2 * l2)
        return MachineBounds(
            product: productRate(), l2: copyRate(bytes: l2 / 4), l3: copyRate(bytes: l3 / 8),
            memory: copyRate(bytes: min(4 * l3, 256 << 20)), sizes: (l2, l3))
    }

    /// Returns the larger value of each pair, because other programs can only reduce a measured
    /// rate.
    package func better(of other: MachineBounds) -> MachineBounds {
        var best = self
        best.product_gflops = max(product_gflops, other.product_gflops)
        best.copy_l2_gigabytes = max(copy_l2_gigabytes, other.copy_l2_gigabytes)
        best.copy_l3_gigabytes = max(copy_l3_gigabytes, other.copy_l3_gigabytes)
        best.copy_memory_gigabytes = max(copy_memory_gigabytes, other.copy_memory_gigabytes)
        return best
    }

    /// Returns the level of memory that contains a kernel's data during repeated calls.
    package func level(workingSet: Double) -> Level {
        if workingSet <= Double(l2_bytes) { return .l2 }
        return workingSet <= Double(l3_bytes) ? .l3 : .memory
    }

    /// Returns the rate of copies at a level, in bytes per second.
    func copyRate(_ level: Level) -> Double {
        switch level {
        case .l2: 1e9 * copy_l2_gigabytes
        case .l3: 1e9 * copy_l3_gigabytes
        case .memory: 1e9 * copy_memory_gigabytes
        }
    }

    /// The bound that limits a kernel.
    package struct Limit: Equatable {
        /// `peak`, or the name of a copy.
        package let name: String
        /// The shortest time that the work can take, in seconds.
        package let seconds: Double
    }

    /// Returns the slower of the arithmetic at the product's rate and the traffic at a copy's rate.
    package func limit(_ work: KernelWork) -> Limit {
        let arithmetic = work.floatingPointOperations / (1e9 * product_gflops)
        let level = level(workingSet: work.workingSet)
        let traffic = work.byteCount / copyRate(level)
        return arithmetic >= traffic
            ? Limit(name: "peak", seconds: arithmetic)
            : Limit(name: level.rawValue, seconds: traffic)
    }

    /// Returns the size in bytes of a cache of the first CPU, which Linux reports in the form
    /// `1024K`.
    private static func cacheSize(level: Int) -> Int? {
        for index in 0..<8 {
            let folder = "/sys/devices/system/cpu/cpu0/cache/index\(index)"
            func line(_ name: String) -> String? {
                (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))?
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            }
            guard line("level") == "\(level)", let size = line("size"), size.hasSuffix("K") else {
                continue
            }
            return Int(size.dropLast()).map { $0 << 10 }
        }
        return nil
    }

    private static func productRate() -> Double {
        let (rows, columns, inner) = (480, 512, 512)
        let (a, b) = (BenchmarkData.normal(rows * inner), BenchmarkData.normal(inner * columns))
        let packed = PackedMatrix(inner: inner, columns: columns)
        packed.pack(b, panels: 0..<packed.panelCount)
        let c = FloatBuffer(count: rows * columns).all
        let seconds = BenchmarkTimer(repetitions: 30).best {
            MatrixProduct.multiply(.plain(a), packed, into: c, rows: rows)
        }
        return 2e-9 * Double(rows * columns * inner) / seconds
    }

    /// Returns the better rate of the C library's copy and of this program's copy, which stores
    /// vector by vector.
    private static func copyRate(bytes: Int) -> Double {
        let count = max(bytes / 4, 1)
        let source = FloatBuffer(count: count).all
        let target = FloatBuffer(count: count).all
        source.fill(1)
        let timer = BenchmarkTimer(repetitions: 7)
        let seconds = min(
            timer.best { target.copy(from: source) },
            timer.best {
                Elementwise.copyColumns(0..<count, of: source, width: count, into: target)
            })
        return 8e-9 * Double(count) / seconds
    }
}

/// A timer that uses the best of several batches of calls, which is the one least disturbed by
/// other programs.
struct BenchmarkTimer {
    /// The maximum number of batches.
    var repetitions = 7

    /// The minimum duration of a batch, in seconds.
    private let batch = 0.004

    /// The total duration after which no further batch is started, in seconds.
    private let budget = 0.2

    /// Returns the duration of one call in seconds.
    func best(_ work: () -> Void) -> Double {
        let first = seconds(of: 1, work)
        let calls = max(Int((batch / max(first, 1e-9)).rounded(.up)), 1)
        var best = Double.infinity
        var spent = 0.0
        for _ in 0..<repetitions where best == .infinity || spent < budget {
            let time = seconds(of: calls, work)
            spent += time
            best = min(best, time / Double(calls))
        }
        return best
    }

    private func seconds(of calls: Int, _ work: () -> Void) -> Double {
        let start = ContinuousClock.now
        for _ in 0..<calls { work() }
        return max((ContinuousClock.now - start).seconds, 1e-9)
    }
}

/// Input data for kernels.
enum BenchmarkData {
    /// Returns standard normal numbers; equal streams yield equal numbers.
    static func normal(_ count: Int, stream: UInt32 = 0) -> FloatView {
        let view = FloatBuffer(count: count).all
        GaussianNoise.fill(view, key: NoiseKey(seed: 0, purpose: .test, index: stream))
        return view
    }
}
