using System.Reflection;
using System.Runtime.Loader;
using DePin.Contracts.Identity;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace DePin.Tests.Support;

/// <summary>
/// Counts the IL instructions that contracts and node execute: every basic block of a copy of both assemblies first adds its
/// length to a total. What runs is a method of a second copy of this test assembly, so that it is typed against the counting
/// code. A call into the framework (a copy of an array, the device's native HMAC) counts as the one instruction it is.
/// </summary>
internal static class DeviceInstructions
{
    private const string CounterName = "InstructionTotal";

    // There is one total.
    private static readonly Lock OneAtATime = new();
    private static readonly Lazy<Assembly> CountingTests = new(Load);

    /// <summary>Runs the counting copy of a static method without parameters and gives what it returns.</summary>
    public static TResult Run<TResult>(Func<TResult> scenario)
    {
        MethodInfo method = scenario.Method;
        MethodInfo counting = CountingTests.Value.GetType(method.DeclaringType!.FullName!, throwOnError: true)!
            .GetMethod(method.Name, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;
        lock (OneAtATime)
        {
            return (TResult)counting.Invoke(null, null)!;
        }
    }

    /// <summary>Instructions executed so far; to be called by a scenario, which runs in the counting copy.</summary>
    public static long Total()
    {
        Type counter = typeof(NodeId).Assembly.GetType(CounterName)
            ?? throw new InvalidOperationException("This code runs uncounted: start it through DeviceInstructions.Run.");
        return (long)counter.GetField("Value")!.GetValue(null)!;
    }

    private static Assembly Load()
    {
        var contracts = AssemblyDefinition.ReadAssembly(typeof(NodeId).Assembly.Location);
        var node = AssemblyDefinition.ReadAssembly(typeof(DePin.Node.Node).Assembly.Location);
        var counter = new TypeDefinition(string.Empty, CounterName, Mono.Cecil.TypeAttributes.Public | Mono.Cecil.TypeAttributes.Class, contracts.MainModule.TypeSystem.Object);
        var total = new FieldDefinition("Value", Mono.Cecil.FieldAttributes.Public | Mono.Cecil.FieldAttributes.Static, contracts.MainModule.TypeSystem.Int64);
        counter.Fields.Add(total);
        contracts.MainModule.Types.Add(counter);
        foreach (AssemblyDefinition assembly in new[] { contracts, node })
        {
            FieldReference field = assembly.MainModule.ImportReference(total);
            foreach (MethodDefinition method in assembly.MainModule.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody))
            {
                Count(method.Body, field);
            }
        }

        return new CountingCopies([contracts, node]).LoadFromAssemblyPath(typeof(DeviceInstructions).Assembly.Location);
    }

    private sealed class CountingCopies(AssemblyDefinition[] assemblies) : AssemblyLoadContext(nameof(DeviceInstructions))
    {
        // What is typed against the counting code has to come again; everything else is shared.
        private static readonly string[] Dependents = ["DePin.Host", "DePin.Tests"];

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            AssemblyDefinition? counting = assemblies.FirstOrDefault(assembly => assembly.Name.Name == assemblyName.Name);
            if (counting is not null)
            {
                using var stream = new MemoryStream();
                counting.Write(stream);
                stream.Position = 0;
                return LoadFromStream(stream);
            }

            return Dependents.Contains(assemblyName.Name)
                ? LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, assemblyName.Name + ".dll"))
                : null;
        }
    }

    private static void Count(Mono.Cecil.Cil.MethodBody body, FieldReference total)
    {
        body.SimplifyMacros();
        Instruction[] original = [.. body.Instructions];
        var leaders = new HashSet<Instruction> { original[0] };
        foreach (Instruction instruction in original)
        {
            if (instruction.Operand is Instruction target)
            {
                leaders.Add(target);
            }
            else if (instruction.Operand is Instruction[] targets)
            {
                leaders.UnionWith(targets);
            }

            if (instruction.OpCode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Return or FlowControl.Throw && instruction.Next is not null)
            {
                leaders.Add(instruction.Next);
            }
        }

        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            leaders.Add(handler.TryStart);
            leaders.Add(handler.HandlerStart);
        }

        int[] starts = [.. Enumerable.Range(0, original.Length).Where(i => leaders.Contains(original[i]))];
        ILProcessor processor = body.GetILProcessor();
        for (int i = 0; i < starts.Length; i++)
        {
            int length = (i + 1 < starts.Length ? starts[i + 1] : original.Length) - starts[i];
            Prepend(processor, original[starts[i]], total, length);
        }

        body.OptimizeMacros();
    }

    // Branches point at the leader itself, so it becomes the first instruction of the counting, and its old self follows.
    private static void Prepend(ILProcessor processor, Instruction leader, FieldReference total, int length)
    {
        Instruction moved = processor.Create(OpCodes.Nop);
        moved.OpCode = leader.OpCode;
        moved.Operand = leader.Operand;
        Instruction after = leader;
        foreach (Instruction added in new[]
        {
            processor.Create(OpCodes.Ldc_I4, length),
            processor.Create(OpCodes.Conv_I8),
            processor.Create(OpCodes.Add),
            processor.Create(OpCodes.Stsfld, total),
            moved,
        })
        {
            processor.InsertAfter(after, added);
            after = added;
        }

        leader.OpCode = OpCodes.Ldsfld;
        leader.Operand = total;
    }
}
