namespace DePin.Host.Bundles;

/// <summary>
/// A node that runs on a virtual board: the build that this program contains, or another one that came as a bundle. Primitive
/// types only, so that a bundle brings its own contracts and core and shares nothing but this.
/// </summary>
public interface IRunningNode
{
    /// <summary>Number of this start.</summary>
    long Boot { get; }

    /// <summary>Sequence number of the reading being measured.</summary>
    long Sequence { get; }

    /// <summary>Batches closed and not yet covered by a receipt.</summary>
    int OutboxBatches { get; }

    /// <summary>Whether the node is logged in and has heard the backend.</summary>
    bool IsOnline { get; }

    /// <summary>Whether the next tick has work to do at once.</summary>
    bool IsBusy { get; }

    /// <summary>Whether it shall be stopped, and started anew on what its flash says of where it belongs.</summary>
    bool WantsRestart { get; }

    /// <summary>What the light says of a pairing.</summary>
    int Light { get; }

    /// <summary>How far an update is: state, reason (both by their numbers in the formats), blocks on flash.</summary>
    int[] Update();

    /// <summary>Lifetime counters in mWh: harvested, delivered, imported.</summary>
    long[] Counters();

    /// <summary>What the node survived since boot, in the order of the fields of its counts.</summary>
    long[] Counts();

    /// <summary>Does what is due now.</summary>
    void Tick();

    /// <summary>An announced stop.</summary>
    void Stop();
}
