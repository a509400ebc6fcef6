using DePin.Host.Simulation;

namespace DePin.Host.Lives;

/// <summary>
/// What a device truly harvested and delivered, integrated in double precision beside the node and without its code: powers as
/// they flow, before any chip rounds them. What the node cannot know is kept apart: the reading that a power cut interrupts, and
/// seconds without an answer of the chips or without a running program.
/// </summary>
internal sealed class TrueEnergy
{
    private const double JoulesPerMilliwattHour = 3.6;
    private Flow _before;
    private Flow _total;
    private Flow _closed;
    private Flow _lost;
    private Flow _unmeasured;

    public double HarvestedMilliwattHours => _closed.Harvested / JoulesPerMilliwattHour;

    public double DeliveredMilliwattHours => _closed.Delivered / JoulesPerMilliwattHour;

    /// <summary>Delivered in readings that a power cut interrupted.</summary>
    public double LostMilliwattHours => _lost.Delivered / JoulesPerMilliwattHour;

    /// <summary>Delivered while the meter was blind.</summary>
    public double UnmeasuredMilliwattHours => _unmeasured.Delivered / JoulesPerMilliwattHour;

    /// <summary>The node starts; an interrupted reading is lost.</summary>
    public void Boot(SimulatedDevice device)
    {
        _lost = _lost.Plus(_total).Minus(_closed);
        _total = _closed;
        _before = Flow.Of(device);
    }

    /// <summary>One more second.</summary>
    public void Take(SimulatedDevice device, bool isMeasured)
    {
        Flow now = Flow.Of(device);
        Flow joules = now.Plus(_before).Times(0.5 / 1000);
        _before = now;
        if (isMeasured)
        {
            _total = _total.Plus(joules);
        }
        else
        {
            _unmeasured = _unmeasured.Plus(joules);
        }
    }

    /// <summary>A reading closed: what it holds is safe.</summary>
    public void Close() => _closed = _total;

    private readonly record struct Flow(double Harvested, double Delivered)
    {
        public static Flow Of(SimulatedDevice device) => new(device.HarvestedMilliwatts, device.DeliveredMilliwatts);

        public Flow Plus(Flow other) => new(Harvested + other.Harvested, Delivered + other.Delivered);

        public Flow Minus(Flow other) => new(Harvested - other.Harvested, Delivered - other.Delivered);

        public Flow Times(double factor) => new(Harvested * factor, Delivered * factor);
    }
}
