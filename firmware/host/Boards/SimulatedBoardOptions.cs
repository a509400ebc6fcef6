namespace DePin.Host.Boards;

/// <summary>A bare board as it comes out of the box, with nothing but the firmware on it.</summary>
public sealed record SimulatedBoardOptions
{
    /// <summary>Everything the board keeps: its flash, its serial number, its battery.</summary>
    public required string Folder { get; init; }

    /// <summary>The hardware.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Which Wi-Fi networks answer at the bench; all of them unless told otherwise.</summary>
    public Func<string, bool> NetworkAnswers { get; init; } = _ => true;

    /// <summary>The load behind the output while the bench tests it.</summary>
    public int LoadMilliohms { get; init; } = 4700;

    /// <summary>Where the lamp stands, degrees north and east.</summary>
    public (double Latitude, double Longitude) Place { get; init; } = (-0.0917, 34.7680);

    /// <summary>The board's time; real time unless a test says otherwise.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether writes to the flash wait for the disk.</summary>
    public bool SynchronisesFlash { get; init; }
}
