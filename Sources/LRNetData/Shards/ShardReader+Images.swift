import LRNetKernels

extension ShardReader {
    /// Calls `body` for every sample with the pixels of its image.
    ///
    /// In a raw set, the calls follow the order of the samples in the set. In an encoded set, they
    /// follow the given order, and images vary in shape.
    ///
    /// - Throws: Same as ``read(samples:images:labels:)``, or an error of `body`.
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
