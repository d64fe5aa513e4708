import ArgumentParser
import LRNetSupport

/// Refuses an option's value that lies outside a range; an option that is not given has none.
///
/// - Throws: `ValidationError`, such as `--count is 0; use 1 to 10,000`.
func checkRange(_ option: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError(
        "--\(option) is \(value); use \(TextTable.grouped(range.lowerBound)) to "
            + TextTable.grouped(range.upperBound))
}

/// The most images and shards that an option may ask for.
let imageCountLimit = 1_000_000_000
let shardCountLimit = 1_000_000
