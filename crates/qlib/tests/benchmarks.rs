//! What becomes of each of Qlib's own 56 benchmark workflows: its model, its dataset, its handler, and whether it runs.
//!
//! The table is that of the files `examples/benchmarks/*/workflow_config_*.yaml` of Microsoft Qlib (MIT) of April 2026; the
//! files themselves are made here, from the parts that differ.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

use std::{fs, path::Path};

use backstaff_qlib::workflow::{Model, Workflow};

/// Folder, file, model, its module, dataset (`D`, `T` for windows, `M` for memory), handler.
const FILES: &str = "\
ADARNN adarnn_Alpha360 ADARNN pytorch_adarnn D 360
ADD add_Alpha360 ADD pytorch_add D 360
ALSTM alstm_Alpha158 ALSTM pytorch_alstm_ts T 158
ALSTM alstm_Alpha360 ALSTM pytorch_alstm D 360
CatBoost catboost_Alpha158 CatBoostModel catboost_model D 158
CatBoost catboost_Alpha158_csi500 CatBoostModel catboost_model D 158
CatBoost catboost_Alpha360 CatBoostModel catboost_model D 360
CatBoost catboost_Alpha360_csi500 CatBoostModel catboost_model D 360
DoubleEnsemble doubleensemble_Alpha158 DEnsembleModel double_ensemble D 158
DoubleEnsemble doubleensemble_Alpha158_csi500 DEnsembleModel double_ensemble D 158
DoubleEnsemble doubleensemble_Alpha360 DEnsembleModel double_ensemble D 360
DoubleEnsemble doubleensemble_Alpha360_csi500 DEnsembleModel double_ensemble D 360
DoubleEnsemble doubleensemble_early_stop_Alpha158 DEnsembleModel double_ensemble D 158
GATs gats_Alpha158 GATs pytorch_gats_ts T 158
GATs gats_Alpha360 GATs pytorch_gats D 360
GRU gru_Alpha158 GRU pytorch_gru_ts T 158
GRU gru_Alpha360 GRU pytorch_gru D 360
GeneralPtNN gru GeneralPTNN pytorch_general_nn T 158
GeneralPtNN gru2mlp GeneralPTNN pytorch_general_nn D 158
GeneralPtNN mlp GeneralPTNN pytorch_general_nn D 158
HIST hist_Alpha360 HIST pytorch_hist D 360
IGMTF igmtf_Alpha360 IGMTF pytorch_igmtf D 360
KRNN krnn_Alpha360 KRNN pytorch_krnn D 360
LSTM lstm_Alpha158 LSTM pytorch_lstm_ts T 158
LSTM lstm_Alpha360 LSTM pytorch_lstm D 360
LightGBM lightgbm_Alpha158 LGBModel gbdt D 158
LightGBM lightgbm_Alpha158_csi500 LGBModel gbdt D 158
LightGBM lightgbm_Alpha158_multi_freq LGBModel gbdt D minutes
LightGBM lightgbm_Alpha360 LGBModel gbdt D 360
LightGBM lightgbm_Alpha360_csi500 LGBModel gbdt D 360
LightGBM lightgbm_configurable_dataset LGBModel gbdt D own
LightGBM lightgbm_multi_freq LGBModel gbdt D foreign
Linear linear_Alpha158 LinearModel linear D 158
Linear linear_Alpha158_csi500 LinearModel linear D 158
Linear linear_Alpha158_multi_pass_bt LinearModel linear D 158
Localformer localformer_Alpha158 LocalformerModel pytorch_localformer_ts T 158
Localformer localformer_Alpha360 LocalformerModel pytorch_localformer D 360
MLP mlp_Alpha158 DNNModelPytorch pytorch_nn D 158
MLP mlp_Alpha158_csi500 DNNModelPytorch pytorch_nn D 158
MLP mlp_Alpha360 DNNModelPytorch pytorch_nn D 360
MLP mlp_Alpha360_csi500 DNNModelPytorch pytorch_nn D 360
SFM sfm_Alpha360 SFM pytorch_sfm D 360
Sandwich sandwich_Alpha360 Sandwich pytorch_sandwich D 360
TCN tcn_Alpha158 TCN pytorch_tcn_ts T 158
TCN tcn_Alpha360 TCN pytorch_tcn D 360
TCTS tcts_Alpha360 TCTS pytorch_tcts D 360
TFT tft_Alpha158 TFTModel tft D 158
TRA tra_Alpha158 TRAModel pytorch_tra M 158
TRA tra_Alpha158_full TRAModel pytorch_tra M 158
TRA tra_Alpha360 TRAModel pytorch_tra M 360
TabNet TabNet_Alpha158 TabnetModel pytorch_tabnet D 158
TabNet TabNet_Alpha360 TabnetModel pytorch_tabnet D 360
Transformer transformer_Alpha158 TransformerModel pytorch_transformer_ts T 158
Transformer transformer_Alpha360 TransformerModel pytorch_transformer D 360
XGBoost xgboost_Alpha158 XGBModel xgboost D 158
XGBoost xgboost_Alpha360 XGBModel xgboost D 360";

/// A provider that has nothing but a calendar: files are read, not run.
fn provider(folder: &Path) {
    fs::create_dir_all(folder.join("data/calendars")).unwrap();
    fs::write(folder.join("data/calendars/day.txt"), "2008-01-02\n2020-08-03\n").unwrap();
}

fn text(model: &str, module: &str, dataset: &str, handler: &str) -> String {
    let dataset = match dataset {
        "T" => "TSDatasetH",
        "M" => "MTSDatasetH",
        _ => "DatasetH",
    };
    let common = "start_time: 2008-01-01, end_time: 2020-08-01, instruments: csi300";
    let fit = "fit_start_time: 2008-01-01, fit_end_time: 2014-12-31";
    let handler = match handler {
        "158" => format!(
            "{{class: Alpha158, module_path: qlib.contrib.data.handler, kwargs: {{{common}, {fit}}}}}"
        ),
        "360" => format!(
            "{{class: Alpha360, module_path: qlib.contrib.data.handler, kwargs: {{{common}, {fit}}}}}"
        ),
        "minutes" => format!(
            "{{class: Alpha158, module_path: qlib.contrib.data.handler, kwargs: {{{common}, {fit}, freq: {{label: day, feature: 1min}}}}}}"
        ),
        "own" => format!(
            "{{class: DataHandlerLP, module_path: qlib.contrib.data.handler, kwargs: {{{common}, data_loader: {{class: \
             QlibDataLoader, kwargs: {{config: {{feature: [[$close], [C]], label: [[$open], [L]]}}}}}}}}}}"
        ),
        _ => format!("{{class: Avg15minHandler, module_path: multi_freq_handler, kwargs: {{{common}}}}}"),
    };
    format!(
        "qlib_init: {{provider_uri: data, region: cn}}\ntask:\n  model: {{class: {model}, module_path: \
         qlib.contrib.model.{module}}}\n  dataset: {{class: {dataset}, module_path: qlib.data.dataset, kwargs: {{handler: \
         {handler}, segments: {{train: [2008-01-01, 2014-12-31], valid: [2015-01-01, 2016-12-31], test: [2017-01-01, \
         2020-08-01]}}}}}}\n  record: [{{class: SignalRecord}}, {{class: SigAnaRecord}}]\n"
    )
}

#[test]
fn each_of_the_56_files_runs_or_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    provider(folder.path());
    let (mut run, mut handed, mut refused) = (0, 0, 0);
    for line in FILES.lines() {
        let [_, file, model, module, dataset, handler] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let path = folder.path().join(format!("{file}.yaml"));
        fs::write(&path, text(model, module, dataset, handler)).unwrap();
        match Workflow::read(&path) {
            Ok(Workflow { model: Model::Foreign { class, module }, .. }) => {
                handed += 1;
                assert!(Model::otherwise(&class, &module).contains("--predictions"), "{file}");
            }
            Ok(_) => run += 1,
            Err(error) => {
                refused += 1;
                let error = error.to_string();
                let is_of_minutes = error.contains("sessions (`day`)") || error.contains("Avg15minHandler");
                assert!(is_of_minutes, "{file}: {error}");
            }
        }
    }
    // LightGBM, linear and DoubleEnsemble over daily bars; two files need minutes; the others' scores are handed over.
    assert_eq!((run, handed, refused), (13, 41, 2));
}
