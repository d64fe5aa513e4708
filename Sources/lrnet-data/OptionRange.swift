import ArgumentParser
import LRNetSupport

/// Rejects an option value outside a range. A missing option is accepted.
///
/// - Throws: `ValidationError`, such as `--count is 0; use 1 to 10,000`.
func checkRange(_ option: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError(
        "--\(option) is \(value); use \(TextTable.grouped(range.lowerBound)) to "
            + TextTable.grouped(range.upperBound))
}

/// The maximum values of options for numbers of images and shards.
let imageCountLimit = 1_000_000_000
let shardCountLimit = 1_000_000
