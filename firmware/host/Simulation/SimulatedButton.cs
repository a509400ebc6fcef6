using DePin.Node.Pairing;

namespace DePin.Host.Simulation;

/// <summary>A button without a board. Presses come when a program says so; its owner sees to it that only one does at a time.</summary>
internal sealed class SimulatedButton : IButton
{
    /// <inheritdoc />
    public int Presses { get; private set; }

    /// <summary>Presses it so many times.</summary>
    public void Press(int times)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(times);
        Presses += times;
    }
}
