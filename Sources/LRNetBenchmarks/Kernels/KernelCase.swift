/// A row of the kernel benchmark: a kernel at a shape, how much work that is, and its naive twin.
package struct KernelCase {
    /// The kernel.
    package let name: String

    /// Sizes, as they stand in the table.
    package let shape: String

    /// How many rows, images or samples are timed.
    package let units: Int

    /// How many the naive twin computes: few enough that it takes a fraction of a second. Results
    /// are compared over these.
    package let naiveUnits: Int

    /// The work of all units.
    package let work: KernelWork

    /// How far results may lie from the naive twin's, in units of their root mean square.
    package let tolerance: Double

    /// Why the kernel does not reach its bound.
    package let reason: String

    /// Makes the data for a number of units.
    package let prepare: (_ units: Int) -> KernelRun

    /// Describes a row.
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

    /// Formulas of a few operations in Float32, and elementary functions good to 2e-7.
    package static let fewRoundings = 5e-6

    /// Sums of up to 12,544 products: rounding errors of one Float32 chain, which is the naive twin's,
    /// grow like the root of the number of terms.
    package static let longSum = 5e-5
}

/// A kernel and its naive twin, each with memory of its own.
package struct KernelRun {
    /// The kernel, as often as wanted.
    package let fast: () -> Void

    /// The naive twin.
    package let naive: () -> Void

    /// What both have left behind.
    package let results: () -> [(fast: [Float], naive: [Float])]

    /// Joins the two.
    package init(
        fast: @escaping () -> Void, naive: @escaping () -> Void,
        results: @escaping () -> [(fast: [Float], naive: [Float])]
    ) {
        self.fast = fast
        self.naive = naive
        self.results = results
    }

    /// The largest difference of two results, in units of the naive one's root mean square; infinite
    /// where one is not finite or they have no equal counts.
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

/// What a kernel must do at least, counted by hand from its definition.
package struct KernelWork: Equatable {
    /// What a rate is given in.
    package enum Unit: Equatable {
        /// Additions and multiplications a second.
        case operations
        /// Bytes a second.
        case bytes
        /// Nanoseconds a number.
        case numbers(Int)
    }

    /// What the rate is given in.
    package var unit: Unit

    /// Multiplications of lanes of vectors, with or without an addition, of integers too, and
    /// divisions and roots: a core does at most as many a second as its matrix product does
    /// multiply-adds.
    package var multiplications = 0.0

    /// Bytes that are read and written at least, each value once.
    package var byteCount = 0.0

    /// The bytes of all that is touched: decides in which memory it lies. That of ``byteCount`` by
    /// default.
    package var workingSet: Double

    /// Winograd: the direct sum's products for one of its own, so a multiple of the peak that is not
    /// to be exceeded.
    package var saving: Double?

    /// A sum of products; `multiplyAdds` of them.
    package static func products(
        _ multiplyAdds: Int, values: Int = 0, saving: Double? = nil
    ) -> KernelWork {
        let bytes = Double(4 * values)
        return KernelWork(
            unit: .operations, multiplications: Double(multiplyAdds), byteCount: bytes,
            workingSet: bytes, saving: saving)
    }

    /// A pass over memory: Float32 values read and written, and multiplications, if they might be
    /// what limits it.
    package static func pass(
        values: Int, multiplications: Int = 0, workingSet: Int? = nil
    ) -> KernelWork {
        KernelWork(
            unit: .bytes, multiplications: Double(multiplications), byteCount: Double(4 * values),
            workingSet: Double(4 * (workingSet ?? values)))
    }

    /// Random numbers.
    package static func numbers(_ count: Int, multiplicationsEach: Int, valuesEach: Int)
        -> KernelWork
    {
        let bytes = Double(4 * count * valuesEach)
        return KernelWork(
            unit: .numbers(count), multiplications: Double(count * multiplicationsEach),
            byteCount: bytes, workingSet: bytes)
    }

    /// Floating-point operations, as they are usually counted.
    package var floatingPointOperations: Double { 2 * multiplications }
}
