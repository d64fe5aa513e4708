import LRNetKernels

extension ShardReader {
    /// Reads one picture. Calls may come from several threads.
    ///
    /// - Precondition: The sample is in `0 ..< count`.
    /// - Throws: As ``read(samples:images:labels:)``.
    public func picture(_ sample: Int) throws -> (image: PixelImage, label: Int32) {
        let samples = try read(samples: [sample])
        let image = PixelImage(
            height: shape.height, width: shape.width, channels: shape.channels,
            pixels: samples.pixels)
        return (image, samples.labels[0])
    }

    /// Calls `body` for every sample with its picture's pixels; in order of the samples in the set.
    ///
    /// - Throws: As ``read(samples:images:labels:)``, and what `body` throws.
    func forEachPicture(
        _ samples: [Int],
        _ body: (
            _ position: Int, _ pixels: ArraySlice<UInt8>, _ shape: ImageShape, _ label: Int32
        ) throws -> Void
    ) throws {
        try forEachRawSample(samples) { position, pixels, label in
            try body(position, pixels, shape, label)
        }
    }
}
