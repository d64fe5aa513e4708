/// A TensorBoard event file: records of one `Event` message each.
///
/// A record consists of its length (8 bytes, little-endian), the masked CRC-32C of the length, the
/// message, and the masked CRC-32C of the message. The field numbers are those of `event.proto`,
/// `summary.proto` and `tensor.proto`.
///
/// - Source: TFRecord, https://www.tensorflow.org/tutorials/load_data/tfrecord; the messages,
///   https://github.com/tensorflow/tensorboard, folder tensorboard/compat/proto.
package struct EventFile: Sendable {
    package enum Value: Sendable {
        case scalar(Double)
        /// Counts in bins over a range.
        case histogram(Histogram)
        /// A PNG file and its size in pixels.
        case image(png: [UInt8], width: Int, height: Int)
        /// Markdown.
        case text(String)
    }

    /// The encoded records so far.
    package private(set) var bytes: [UInt8] = []

    /// Creates a file whose first record states the version of the format.
    ///
    /// - Parameter wallTime: The time in seconds since 1970.
    package init(wallTime: Double) {
        var event = WireFormat()
        event.double(1, wallTime)
        event.string(3, "brain.Event:2")
        append(event)
    }

    /// Adds a value.
    ///
    /// - Parameters:
    ///   - tag: A name such as `training/loss`. TensorBoard groups tags by the part before the
    ///     slash.
    ///   - step: The number of trained steps.
    package mutating func add(_ tag: String, step: Int, wallTime: Double, _ value: Value) {
        var event = WireFormat()
        event.double(1, wallTime)
        event.integer(2, step)
        event.message(5) { summary in
            summary.message(1) { entry in
                entry.string(1, tag)
                Self.write(value, to: &entry)
            }
        }
        append(event)
    }

    private static func write(_ value: Value, to entry: inout WireFormat) {
        switch value {
        case .scalar(let number): entry.float(2, Float(number))
        case .image(let png, let width, let height):
            entry.message(4) { image in
                image.integer(1, height)
                image.integer(2, width)
                image.integer(3, 3)
                image.data(4, png)
            }
        case .histogram(let histogram): entry.message(5) { write(histogram, to: &$0) }
        case .text(let text):
            entry.message(8) { tensor in
                tensor.integer(1, 7)  // DT_STRING
                tensor.message(2) { shape in
                    shape.message(2) { $0.integer(1, 1) }
                }
                tensor.string(8, text)
            }
            entry.message(9) { metadata in
                metadata.message(1) { $0.string(1, "text") }
                metadata.integer(4, 2)  // DATA_CLASS_TENSOR
            }
        }
    }

    /// Writes a histogram. Only the bins of the values are known, so the sums use the centers of
    /// the bins.
    private static func write(_ histogram: Histogram, to message: inout WireFormat) {
        let (edges, counts) = (histogram.edges, histogram.counts)
        let first = counts.firstIndex { $0 > 0 } ?? 0
        let last = counts.lastIndex { $0 > 0 } ?? 0
        let middles = counts.indices.map { (edges[$0] + edges[$0 + 1]) / 2 }
        func sum(_ value: (Double) -> Double) -> Double {
            zip(counts, middles).reduce(0) { $0 + Double($1.0) * value($1.1) }
        }
        message.double(1, edges[first])
        message.double(2, edges[last + 1])
        message.double(3, Double(histogram.total))
        message.double(4, sum { $0 })
        message.double(5, sum { $0 * $0 })
        // The first, empty bucket defines where the second bucket begins.
        message.doubles(6, edges)
        message.doubles(7, [0] + counts.map(Double.init))
    }

    private mutating func append(_ event: WireFormat) {
        var length: [UInt8] = []
        withUnsafeBytes(of: UInt64(event.bytes.count).littleEndian) { length += $0 }
        bytes += length + Self.masked(length) + event.bytes + Self.masked(event.bytes)
    }

    /// `((crc >> 15) | (crc << 17)) + 0xa282ead8`, little-endian.
    private static func masked(_ data: [UInt8]) -> [UInt8] {
        let crc = Checksum.crc32c(data)
        let value = (crc >> 15 | crc << 17) &+ 0xA282_EAD8
        return (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
}
