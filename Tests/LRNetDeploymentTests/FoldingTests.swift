import LRNetDeployment
import LRNetKernels
import LRNetLayers
import LRNetSupport
import Testing

@Suite struct FoldingTests {
    /// A layer that exporters do not support.
    private final class Doubling: Layer {
        let name = "double1"
        let inputShape = ImageShape(height: 2, width: 2, channels: 1)
        var outputShape: ImageShape { inputShape }
        var inputGradientBuffer: InputGradientBuffer { .same }

        func reserve(_ size: PassSize, memory: ScratchMemory) {}
        func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView { input }
        func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView { gradient }
    }

    /// The layers are an unknown one, a sign without batch norm and a shortcut outside a block.
    @Test func `layers that cannot be deployed are rejected`() {
        let shape = ImageShape(height: 2, width: 2, channels: 1)
        let layers: [any Layer] = [
            Doubling(), SignLayer(name: "sign1", inputShape: shape),
            SubsampleLayer(name: "shortcut1", inputShape: shape, stride: 2, channels: 1),
        ]
        for layer in layers {
            var folding = Folding(
                layers: [], levels: 3, site: FailureSite("network", "net.safetensors"))
            #expect {
                try folding.steps([layer])
            } throws: {
                ($0 as? Failure)?.exitStatus == .badData
                    && "\($0)".contains("\(layer.name): layers of this kind cannot be deployed")
            }
        }
    }
}
