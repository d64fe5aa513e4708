/// A row of the kernel benchmark: a kernel at a shape, its amount of work, and its naive twin.
package struct KernelCase {
    package let name: String

    /// The sizes, as shown in the table.
    package let shape: String

    /// The number of rows, images or samples that are timed.
    package let units: Int

    /// The number of units that the naive twin computes, and over which results are compared. It is
    /// small enough that the twin takes a fraction of a second.
    package let naiveUnits: Int

    /// The work of all units.
    package let work: KernelWork

    /// The maximum difference from the naive twin's results, in units of their root mean square.
    package let tolerance: Double

    /// The reason why the kernel does not reach its bound.
    package let reason: String

    /// Prepares the data for a number of units.
    package let prepare: (_ units: Int) -> KernelRun

    package init(
        name: String, shape: String, units: Int, naiveUnits: Int, work: KernelWork,
        tolerance: Double = KernelCase.fewRoundings, reason: String,
        prepare: @escaping (_ units: Int) -> KernelRun
    ) {
        self.name = name
        self.shape = shape
        self.units = units
        self.naiveUnits = naiveUnits
        self.work = work
        self.tolerance = tolerance
        self.reason = reason
        self.prepare = prepare
    }

    /// The tolerance for formulas of a few operations in Float32, and for elementary functions
    /// accurate to 2e-7.
    package static let fewRoundings = 5e-6

    /// The tolerance for sums of up to 12,544 products. The naive twin adds them in a single
    /// Float32 chain, whose rounding errors grow like the square root of the number of terms.
    package static let longSum = 5e-5

    /// The tolerance for sums of products whose factors are rounded to bfloat16, with relative errors
    /// of up to 1/256 each.
    package static let bfloatRounding = 0.25
}

/// A kernel and its naive twin, each with separate memory.
package struct KernelRun {
    /// Runs the kernel; it can be called repeatedly.
    package let fast: () -> Void

    /// Runs the naive twin.
    package let naive: () -> Void

    /// Returns the results of both.
    package let results: () -> [(fast: [Float], naive: [Float])]

    package init(
        fast: @escaping () -> Void, naive: @escaping () -> Void,
        results: @escaping () -> [(fast: [Float], naive: [Float])]
    ) {
        self.fast = fast
        self.naive = naive
        self.results = results
    }

    /// The largest difference between the results, in units of the naive results' root mean square;
    /// infinite if a result is not finite or if the counts differ.
    package var difference: Double {
        results().map { Self.difference($0.fast, $0.naive) }.max() ?? .infinity
    }

    package static func difference(_ fast: [Float], _ naive: [Float]) -> Double {
        guard fast.count == naive.count, !fast.isEmpty else { return .infinity }
        var (squares, largest) = (0.0, 0.0)
        for (a, b) in zip(fast, naive) {
            let distance = abs(Double(a) - Double(b))
            guard distance.isFinite else { return .infinity }
            largest = max(largest, distance)
            squares += Double(b) * Double(b)
        }
        if largest == 0 { return 0 }
        return largest / (squares / Double(naive.count)).squareRoot()
    }
}

/// The minimum work of a kernel, counted by hand from its definition.
package struct KernelWork: Equatable {
    /// The unit of a rate.
    package enum Unit: Equatable {
        /// Additions and multiplications per second.
        case operations
        /// Bytes per second.
        case bytes
        /// Nanoseconds per number.
        case numbers(Int)
    }

    package var unit: Unit

    /// The number of multiplications in vector lanes, with or without an addition. Integer
    /// multiplications, divisions and roots also count. A core does at most as many per second as
    /// its matrix product does multiply-adds.
    package var multiplications = 0.0

    /// The minimum number of bytes read and written, with each value counted once.
    package var byteCount = 0.0

    /// The number of bytes accessed, which determines the level of memory that contains them. The
    /// default is ``byteCount``.
    package var workingSet: Double

    /// For Winograd's algorithm, the number of the direct sum's products per product of its own.
    /// The rate cannot exceed this multiple of the peak.
    package var saving: Double?

    /// Returns the work of a sum of `multiplyAdds` products.
    package static func products(
        _ multiplyAdds: Int, values: Int = 0, saving: Double? = nil
    ) -> KernelWork {
        let bytes = Double(4 * values)
        return KernelWork(
            unit: .operations, multiplications: Double(multiplyAdds), byteCount: bytes,
            workingSet: bytes, saving: saving)
    }

    /// Returns the work of a pass over memory: the Float32 values read and written, and the
    /// multiplications if they might be the limit.
    package static func pass(
        values: Int, multiplications: Int = 0, workingSet: Int? = nil
    ) -> KernelWork {
        KernelWork(
            unit: .bytes, multiplications: Double(multiplications), byteCount: Double(4 * values),
            workingSet: Double(4 * (workingSet ?? values)))
    }

    /// Returns the work of generating random numbers.
    package static func numbers(_ count: Int, multiplicationsEach: Int, valuesEach: Int)
        -> KernelWork
    {
        let bytes = Double(4 * count * valuesEach)
        return KernelWork(
            unit: .numbers(count), multiplications: Double(count * multiplicationsEach),
            byteCount: bytes, workingSet: bytes)
    }

    /// The number of floating-point operations, where a multiply-add counts as two.
    package var floatingPointOperations: Double { 2 * multiplications }
}
