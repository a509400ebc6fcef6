using DePin.Node.Pairing;

namespace DePin.Tests.Node.Fakes;

/// <summary>A button that a test presses.</summary>
internal sealed class FakeButton : IButton
{
    public int Presses { get; set; }
}
