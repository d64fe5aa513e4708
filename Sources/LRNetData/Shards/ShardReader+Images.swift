import LRNetKernels

extension ShardReader {
    /// Calls `body` for every sample with its picture's pixels: of a raw set in order of the samples in
    /// the set, of an encoded one in the given order, with shapes of their own.
    ///
    /// - Throws: As ``read(samples:images:labels:)``, and what `body` throws.
    func forEachImage(
        _ samples: [Int],
        _ body: (
            _ position: Int, _ pixels: ArraySlice<UInt8>, _ shape: ImageShape, _ label: Int32
        ) throws -> Void
    ) throws {
        guard self.set.index.encoding == .raw else {
            for (position, sample) in samples.enumerated() {
                let (image, label) = try picture(sample)
                let shape = ImageShape(
                    height: image.height, width: image.width, channels: image.channels)
                try body(position, image.pixels[...], shape, label)
            }
            return
        }
        try forEachRawSample(samples) { position, pixels, label in
            try body(position, pixels, shape, label)
        }
    }
}
