using DePin.Contracts.Flashing;
using DePin.Tools.Api;

namespace DePin.Tools.Flash;

/// <summary>The board measures itself; with a known resistor at its output the output's meter is corrected.</summary>
internal static class BenchSelfTest
{
    // Beyond this it is no tolerance of a shunt, but another resistor or a broken part.
    private const double LargestCorrection = 0.05;
    private static readonly string[] Names = ["panel", "output", "grid"];

    /// <summary>Runs it; what the registration is told.</summary>
    /// <exception cref="FlashException">The output's meter does not answer, or is too far off.</exception>
    public static async Task<RegistrationSelfTest> RunAsync(BoardConversation board, int? loadMilliohms, TimeSpan limit, CancellationToken cancellationToken)
    {
        BoardSelfTest test = (await BoardSteps.AskAsync(board, FlashRequest.SelfTest, limit, FlashStep.SelfTest, cancellationToken)).SelfTest!;
        string[] well = [.. test.Meters.Where(meter => meter.IsWell).Select(meter => Names[meter.Meter])];
        string[] silent = [.. test.Meters.Where(meter => !meter.IsWell).Select(meter => Names[meter.Meter])];
        if (silent.Length > 0)
        {
            throw new FlashException(FlashStep.SelfTest, $"The meter of {string.Join(" and ", silent)} does not answer; nothing was registered. Check its soldering and address, and run this again.");
        }

        int? correction = loadMilliohms is { } load
            ? await CalibrateAsync(board, test.Meters.First(meter => meter.Meter == MeterTest.Output), load, limit, cancellationToken)
            : null;
        return new RegistrationSelfTest(well, test.IdleMicroamps, test.BatteryMillivolts, correction);
    }

    /// <summary>The correction in parts per million: what must flow through the resistor at the voltage shown, over what the meter says.</summary>
    /// <exception cref="FlashException">It is too far off.</exception>
    internal static int Correction(MeterTest output, int loadMilliohms)
    {
        double expectedMicroamps = output.Millivolts * 1e6 / loadMilliohms;
        double correction = output.Microamps <= 0 ? 0 : expectedMicroamps / output.Microamps;
        return Math.Abs(correction - 1) <= LargestCorrection
            ? (int)Math.Round(correction * FlashRequest.NoCorrection)
            : throw new FlashException(
                FlashStep.SelfTest,
                $"With {loadMilliohms} milliohms at {output.Millivolts} mV the output's meter says {output.Microamps / 1000} mA instead of {expectedMicroamps / 1000:0} mA, more than 5 % off; nothing was registered. Is the right load plugged in?");
    }

    private static async Task<int> CalibrateAsync(BoardConversation board, MeterTest output, int loadMilliohms, TimeSpan limit, CancellationToken cancellationToken)
    {
        int[] gains = [FlashRequest.NoCorrection, Correction(output, loadMilliohms), FlashRequest.NoCorrection];
        await BoardSteps.AskAsync(board, FlashRequest.Calibrate, limit, FlashStep.SelfTest, cancellationToken, request => request.Gains = gains);
        return (int)Math.Round(gains[MeterTest.Output] / 1000.0);
    }
}
