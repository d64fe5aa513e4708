internal import LRNetKernels
internal import LRNetReference

/// Patches and pooling.
extension KernelCases {
    static var images: [KernelCase] {
        let first = PatchGeometry(
            input: ImageShape(height: 224, width: 224, channels: 3), window: 7, stride: 2,
            padding: .same(height: 224, width: 224, window: 7, stride: 2))
        let digits = PatchGeometry(
            input: ImageShape(height: 28, width: 28, channels: 1), window: 5,
            padding: .same(height: 28, width: 28, window: 5, stride: 1))
        let strided = PatchGeometry(
            input: ImageShape(height: 56, width: 56, channels: 64), window: 3, stride: 2,
            padding: .same(height: 56, width: 56, window: 3, stride: 2))
        let halves = PatchGeometry(
            input: ImageShape(height: 28, width: 28, channels: 32), window: 2, stride: 2)
        let overlapping = PatchGeometry(
            input: ImageShape(height: 112, width: 112, channels: 64), window: 3, stride: 2,
            padding: .same(height: 112, width: 112, window: 3, stride: 2))
        return [
            gather(first, images: 1, "runs of 21 values: a whole and a partial vector each"),
            gather(digits, images: 32, "runs of 5 values: one masked vector for each"),
            scatter(strided, images: 2, "pixels are read and written up to four times"),
            pooling(halves, images: 32, "four compares and selects, of values and of positions"),
            pooling(overlapping, images: 2, "every value is compared up to four times"),
            poolingGradient(
                halves, images: 32, "writes zeros first, then reads and writes each value again"),
            poolingGradient(
                overlapping, images: 2, "nine reads and writes of the input per window"),
        ]
    }

    private static func label(_ geometry: PatchGeometry, _ images: Int) -> String {
        "\(images)x\(geometry.input) \(geometry.window)x\(geometry.window)/\(geometry.stride)"
    }

    private static func gather(
        _ geometry: PatchGeometry, images: Int, _ reason: String
    ) -> KernelCase {
        let (input, patches) = (
            geometry.input.count, geometry.outputPixelCount * geometry.patchCount
        )
        return KernelCase(
            name: "gather patches", shape: label(geometry, images), units: images,
            naiveUnits: images, work: .pass(values: images * (input + patches)), tolerance: 0,
            reason: reason
        ) { images in
            let x = BenchmarkData.normal(images * input)
            let fast = FloatBuffer(count: images * patches).all
            let values = x.values
            var naive = fast.values
            return KernelRun(
                fast: {
                    for i in 0..<images {
                        geometry.gather(
                            x[i * input..<(i + 1) * input],
                            into: fast[i * patches..<(i + 1) * patches])
                    }
                },
                naive: {
                    Reference.gather(values, geometry: geometry, images: images, into: &naive)
                }, results: { [(fast.values, naive)] })
        }
    }

    private static func scatter(
        _ geometry: PatchGeometry, images: Int, _ reason: String
    ) -> KernelCase {
        let (input, patches) = (
            geometry.input.count, geometry.outputPixelCount * geometry.patchCount
        )
        return KernelCase(
            name: "add patches up", shape: label(geometry, images), units: images,
            naiveUnits: images, work: .pass(values: images * (2 * input + patches)),
            reason: reason
        ) { images in
            let rows = BenchmarkData.normal(images * patches)
            let fast = FloatBuffer(count: images * input).all
            let values = rows.values
            var naive = fast.values
            return KernelRun(
                fast: {
                    for i in 0..<images {
                        geometry.scatterAdd(
                            rows[i * patches..<(i + 1) * patches],
                            into: fast[i * input..<(i + 1) * input])
                    }
                },
                naive: {
                    Reference.scatterAdd(values, geometry: geometry, images: images, into: &naive)
                }, results: { [(fast.values, naive)] })
        }
    }

    /// Returns the work of pooling: the images, the outputs, and one byte per output for its
    /// winner.
    private static func poolingBytes(_ geometry: PatchGeometry, _ images: Int) -> KernelWork {
        let outputs = geometry.outputPixelCount * geometry.input.channels
        return .pass(values: images * (geometry.input.count + outputs + outputs / 4))
    }

    private static func pooling(
        _ geometry: PatchGeometry, images: Int, _ reason: String
    ) -> KernelCase {
        KernelCase(
            name: "max pooling", shape: label(geometry, images), units: images,
            naiveUnits: images, work: poolingBytes(geometry, images), tolerance: 0, reason: reason
        ) { images in
            let pool = Pool(geometry, images: images)
            return KernelRun(
                fast: pool.forward, naive: pool.naiveForward,
                results: { [(pool.output.values, pool.naiveOutput.values)] })
        }
    }

    private static func poolingGradient(
        _ geometry: PatchGeometry, images: Int, _ reason: String
    ) -> KernelCase {
        KernelCase(
            name: "max pooling, gradient", shape: label(geometry, images), units: images,
            naiveUnits: images, work: poolingBytes(geometry, images), reason: reason
        ) { images in
            let pool = Pool(geometry, images: images)
            pool.forward()
            pool.naiveForward()
            return KernelRun(
                fast: pool.backward, naive: pool.naiveBackward,
                results: { [(pool.inputGradient.values, pool.naiveInputGradient)] })
        }
    }

    /// The data and results of pooling over several images.
    private final class Pool {
        let geometry: PatchGeometry
        let images, inputs, outputs: Int
        let x, gradient, output, inputGradient: FloatView
        let winners: MaxPooling.Winners
        let naiveX, naiveGradient: [Float]
        var naiveOutput: (values: [Float], origins: [Int]) = ([], [])
        var naiveInputGradient: [Float] = []

        init(_ geometry: PatchGeometry, images: Int) {
            self.geometry = geometry
            self.images = images
            inputs = geometry.input.count
            outputs = geometry.outputPixelCount * geometry.input.channels
            x = BenchmarkData.normal(images * inputs)
            gradient = BenchmarkData.normal(images * outputs, stream: 1)
            output = FloatBuffer(count: images * outputs).all
            inputGradient = FloatBuffer(count: images * inputs).all
            winners = MaxPooling.Winners(count: images * outputs)
            (naiveX, naiveGradient) = (x.values, gradient.values)
        }

        func forward() {
            for i in 0..<images {
                MaxPooling.forward(
                    x[i * inputs..<(i + 1) * inputs], geometry: geometry,
                    output: output[i * outputs..<(i + 1) * outputs], winners: winners,
                    firstWinner: i * outputs)
            }
        }

        func backward() {
            for i in 0..<images {
                MaxPooling.backward(
                    gradient[i * outputs..<(i + 1) * outputs], geometry: geometry,
                    inputGradient: inputGradient[i * inputs..<(i + 1) * inputs], winners: winners,
                    firstWinner: i * outputs)
            }
        }

        func naiveForward() {
            naiveOutput = Reference.maxPool(naiveX, geometry: geometry, images: images)
        }

        func naiveBackward() {
            naiveInputGradient = Reference.maxPoolGradient(
                naiveGradient, origins: naiveOutput.origins, count: images * inputs)
        }
    }
}
